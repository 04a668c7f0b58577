package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const sessionPath = "/v1/sessions/default/" + string(session)

func TestASessionHasTheFieldsOfTheDesign(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1253242"), approved("1253242"), regressed("1253242"))
	s.get("reader", sessionPath).is(200).position("3").equals(`{
		"app":"default","session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","kind":"individual",
		"status":"STEPS_APPROVED","cycle":1,"version":3,"position":3,
		"opened_at":"2026-03-01T06:00:01.000250Z","updated_at":"2026-03-01T06:00:03.000250Z",
		"open_flags":1,"session_status":"SUBMISSION_REQUIRED",
		"steps":[{"step_id":"1253242","service":"PROOF_OF_ADDRESS","status":"APPROVED","reason":"",
			"submissions":1,"updated_at":"2026-03-01T06:00:02.000250Z"}]}`)
}

func TestASessionWithoutStepsHasAnEmptyList(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported})
	a := s.get("reader", sessionPath).is(200)
	if !strings.Contains(a.Body.String(), `"steps":[]`) {
		t.Error(a.Body)
	}
}

func TestTextIsNotEscapedForPages(t *testing.T) {
	s := newService(t)
	event := approved("1").(kyc.StatusChanged)
	event.Reason = `a < b & "c" > d`
	s.store.append(stream(), event)
	a := s.get("reader", sessionPath).is(200)
	if !strings.Contains(a.Body.String(), `"reason":"a < b & \"c\" > d"`) {
		t.Error(a.Body)
	}
}

func TestReplayAnswersThePast(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	for query, want := range map[string]float64{
		"version=1":                         1,
		"version=3":                         3,
		"as_of=2026-03-01T06:00:01.000250Z": 1, // the very time of an event
		"as_of=2026-03-01T06:00:02.000249Z": 1, // a microsecond before one
		"as_of=2026-03-01T08:00:02%2B02:00": 1,
		"as_of=2026-03-01T06:00:02.00025Z":  2,
		"as_of=2100-01-01T00:00:00Z":        3,
	} {
		if got := s.get("reader", sessionPath+"?"+query).is(200).position("3").json()["version"]; got != want {
			t.Errorf("%s answered version %v, want %v", query, got, want)
		}
	}
	now := s.get("reader", sessionPath).Body.String()
	if past := s.get("reader", sessionPath+"?version=3").Body.String(); past != now {
		t.Errorf("replay answers %s, the read model %s", past, now)
	}
}

func TestReplayRefusesWhatNeverWas(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for query, want := range map[string]struct {
		status int
		slug   string
	}{
		"version=2":                              {404, "version-not-found"},
		"as_of=2026-03-01T06:00:01Z":             {404, "version-not-found"},
		"version=0":                              {422, "invalid-request"},
		"version=-1":                             {422, "invalid-request"},
		"version=1.5":                            {422, "invalid-request"},
		"version=99999999999999999999":           {422, "invalid-request"},
		"as_of=yesterday":                        {422, "invalid-request"},
		"as_of=2026-03-01":                       {422, "invalid-request"},
		"as_of=2026-03-01T06:00:01+02:00":        {422, "invalid-request"},
		"version=1&as_of=2026-03-01T06:00:01.1Z": {422, "invalid-request"},
	} {
		s.get("reader", sessionPath+"?"+query).problem(want.status, want.slug)
	}
	s.get("reader", sessionPath+"?version=2").position("1")
}

func TestAnUnknownSessionIsNotFound(t *testing.T) {
	s := newService(t)
	s.many(2)
	for _, query := range []string{"", "?version=1", "?as_of=2026-03-01T06:00:01Z"} {
		s.get("reader", sessionPath+query).position("2").problem(404, "session-not-found")
	}
}

func TestNamesThatNoSessionCanHaveAreNotFound(t *testing.T) {
	s := newService(t)
	for _, path := range []string{
		"/v1/sessions/NO_SLUG/x", "/v1/sessions/default/a%00b", "/v1/sessions/default/%FF",
		"/v1/sessions/" + strings.Repeat("a", 41) + "/x",
		"/v1/sessions/default/" + strings.Repeat("a", eventlog.MaxSessionID+1),
	} {
		s.get("reader", path).position("").problem(404, "session-not-found")
		s.get("reader", path+"/events").position("").problem(404, "session-not-found")
	}
}

// A session whose id is a single slash can't be reached: net/http takes that
// part of a path for a trailing slash.
func TestSessionIDsAreOpaque(t *testing.T) {
	service := newService(t)
	for _, id := range []kyc.SessionID{
		"a/b", "//", "/a/", "..", ".", "a b", "%2F", "100%", "ünïcødé 猫", "a?b=c#d", "a+b", "<script>", `"`, "events",
		kyc.SessionID(strings.Repeat("x", eventlog.MaxSessionID)),
	} {
		s := service.in(t)
		s.store.append(eventlog.Stream{App: "default", Session: id}, pending("1"))
		path := "/v1/sessions/default/" + strings.ReplaceAll(url.PathEscape(string(id)), ".", "%2E")
		if got := s.get("reader", path).is(200).json()["session_id"]; got != string(id) {
			t.Errorf("asked for %q, got %q", string(id), got)
		}
		if got := s.get("reader", path+"/events").is(200).list("events", "session_id"); got[0] != string(id) {
			t.Errorf("asked for the events of %q, got those of %q", string(id), got)
		}
	}
}

func TestETagChangesIfAndOnlyIfTheSessionDoes(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	first := s.get("reader", sessionPath).is(200)
	tag := first.Header().Get("ETag")
	if !strings.HasPrefix(tag, `"`) || first.Header().Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("headers %v", first.Header())
	}
	s.store.append(eventlog.Stream{App: "default", Session: "other"}, pending("1"))
	for _, header := range []string{tag, "W/" + tag, `"x", ` + tag, "*"} {
		a := s.get("reader", sessionPath, "If-None-Match", header).is(http.StatusNotModified).position("2")
		if a.Body.Len() > 0 || a.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s: tag %s, body %q", header, a.Header().Get("ETag"), a.Body)
		}
	}
	s.store.append(stream(), approved("1"))
	changed := s.get("reader", sessionPath, "If-None-Match", tag).is(200)
	if changed.Header().Get("ETag") == tag {
		t.Error("the session changed, its tag did not")
	}
	past := s.get("reader", sessionPath+"?version=1").is(200)
	if past.Header().Get("ETag") != tag {
		t.Error("the same answer by replay has another tag")
	}
	s.get("reader", sessionPath+"?version=1", "If-None-Match", tag).is(http.StatusNotModified)
}

func TestHeadAnswersLikeGetWithoutABody(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	server := newServer(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+sessionPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer reader")
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.StatusCode != 200 || got.Header.Get("ETag") == "" || got.Header.Get("Dossier-Position") != "1" {
		t.Errorf("%s, %v", got.Status, got.Header)
	}
}
