package httpapi_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// modelPaths are calls that a read model answers, and logPaths those that the
// log does.
func modelPaths() []string {
	return []string{"/v1/sessions", sessionPath, "/v1/flags", "/v1/stats", "/v1/projections"}
}
func logPaths() []string {
	return []string{"/v1/events", sessionPath + "/events", sessionPath + "?version=1", sessionPath + "?as_of=2026-03-02T00:00:00Z"}
}

// with adds parameters to a path.
func with(path, query string) string {
	for _, c := range path {
		if c == '?' {
			return path + "&" + query
		}
	}
	return path + "?" + query
}

func TestAReadWaitsForWhatItsCallerHasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		for _, path := range modelPaths() {
			s := service.in(t)
			s.store.append(stream(), pending("1"))
			s.store.lagging = true
			s.store.append(stream(), approved("1"))
			s.get("admin", path).is(200).position("1")
			done := make(chan answer)
			began := time.Now()
			go func() { done <- s.get("admin", with(path, "min_position=2")) }()
			synctest.Wait() // it waits
			s.store.project()
			(<-done).is(200).position("2")
			if waited := time.Since(began); waited != 0 {
				t.Errorf("%s was woken only after %v", path, waited)
			}
		}
	})
}

func TestATimelineWaitsForTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		for _, path := range logPaths() {
			s := service.in(t)
			s.store.append(stream(), pending("1"))
			done := make(chan answer)
			go func() { done <- s.get("admin", with(path, "min_position=2")) }()
			synctest.Wait()
			s.store.append(stream(), approved("1"))
			(<-done).is(200).position("2")
		}
	})
}

func TestAStaleReadModelSaysWhatItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.store.append(stream(), pending("1"))
		for query, patience := range map[string]time.Duration{
			"": 2 * time.Second, "&wait=500ms": 500 * time.Millisecond, "&wait=0s": 0, "&wait=30s": 30 * time.Second,
		} {
			for _, path := range append(modelPaths(), logPaths()...) {
				began := time.Now()
				a := s.get("admin", with(path, "min_position=2"+query)).position("1")
				p := a.problem(503, "stale-read-model")
				if p["position"] != 1.0 || a.Header().Get("Retry-After") != "1" {
					t.Errorf("%s: position %v, Retry-After %s", path, p["position"], a.Header().Get("Retry-After"))
				}
				if waited := time.Since(began); waited != patience {
					t.Errorf("%s%s waited %v", path, query, waited)
				}
			}
		}
	})
}

func TestFreshnessHasBounds(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for _, path := range append(modelPaths(), logPaths()...) {
		for _, query := range []string{"wait=31s", "wait=-1s", "wait=2", "wait=soon", "min_position=-1", "min_position=x"} {
			s.get("admin", with(path, query)).problem(422, "invalid-request")
		}
		for _, query := range []string{"wait=30s", "min_position=0", "min_position=1", "min_position=&wait="} {
			s.get("admin", with(path, query)).is(200)
		}
	}
}

func TestProjectionsTellTheirLag(t *testing.T) {
	s := newService(t)
	s.many(2)
	s.store.lagging = true
	s.many(1)
	s.store.seen["flags"] = 1
	want := `{"projections":[{"name":"sessions","checkpoint":2,"head":3,"lag":1},{"name":"flags","checkpoint":1,"head":3,"lag":2},
		{"name":"stats","checkpoint":2,"head":3,"lag":1}]}`
	s.get("reader", "/v1/projections").is(200).position("1").equals(want)
}

func TestEveryReadFailsTheSameWayWhenTheDatabaseDoes(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.store.fault = fmt.Errorf("connection lost while reading %s", string(session))
	for _, path := range append(modelPaths(), logPaths()...) {
		if p := s.get("admin", path).problem(500, "internal"); p["detail"] != nil {
			t.Errorf("%s tells %v", path, p["detail"])
		}
	}
}
