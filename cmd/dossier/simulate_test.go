package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"dossier/adapters/simulator"
)

func TestSimulateTellsWhatCameOfIt(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		target := "--url=" + s.base + hook{}.path()
		o := commandIn(bounded(t), nil, "simulate", "--json", "--sessions=20", "--rate=0", "--seed=7", target)
		equal(t, "exit code", o.code, exitFine)
		summary := decoded[simulator.Summary](t, []byte(o.out))
		equal(t, "sessions", summary.Sessions, 20)
		equal(t, "failed", summary.Failed, 0)
		stored := 0
		for _, e := range auditLog(t, s.client) {
			if e.Metadata["delivery_id"] != nil {
				stored++
			}
		}
		equal(t, "deliveries stored", stored, summary.Deliveries-summary.Outcomes["duplicate"])
		auditSessions(t, s.client, s.log())

		// The same seed sends the same: nothing that is new.
		head := s.head()
		o = commandIn(bounded(t), nil, "simulate", "--json", "--sessions=20", "--rate=0", "--seed=7", target)
		again := decoded[simulator.Summary](t, []byte(o.out))
		equal(t, "duplicates of the second run", again.Outcomes["duplicate"], again.Deliveries)
		equal(t, "head after it", s.head(), head)
		if strings.Contains(o.out+o.err, hookSecret) {
			t.Errorf("the secret is shown: %s %s", o.out, o.err)
		}
	})
}

// flaky refuses every fifth call for good.
func flaky(t *testing.T, base string) string {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%5 == 0 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestSimulateExitsWithFindings(t *testing.T) {
	t.Parallel()
	s := serve(t, sqliteURL(t))
	o := commandIn(bounded(t), nil, "simulate", "--json", "--sessions=5", "--rate=0", "--concurrency=1", "--url="+flaky(t, s.base)+hook{}.path())
	equal(t, "exit code with failed deliveries", o.code, exitFindings)
	if summary := decoded[simulator.Summary](t, []byte(o.out)); summary.Failed == 0 || summary.Accepted == 0 {
		t.Errorf("summary: %+v", summary)
	}
	o = commandIn(bounded(t), nil, "simulate", "--sessions=5", "--url="+s.base+hook{query: "secret=wrong-secret"}.path())
	equal(t, "exit code with a wrong secret", o.code, exitFailure)
	o = commandIn(bounded(t), nil, "simulate", "--sessions=0", "--late=2", "--url=ftp://"+hookSecret)
	equal(t, "exit code with wrong flags", o.code, exitFailure)
	if strings.Contains(o.err, hookSecret) {
		t.Errorf("the secret is shown: %s", o.err)
	}
}
