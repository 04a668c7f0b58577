package httpapi_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// many fills the store with sessions s1 to sN of one step each, oldest first.
func (s *service) many(n int) {
	for i := 1; i <= n; i++ {
		s.store.append(eventlog.Stream{App: "default", Session: kyc.SessionID(fmt.Sprint("s", i))}, pending("1"))
	}
}

func TestSessionsAreListedNewestChangeFirst(t *testing.T) {
	s := newService(t)
	s.many(3)
	s.store.append(eventlog.Stream{App: "default", Session: "s1"}, approved("1"))
	a := s.get("reader", "/v1/sessions").is(200).position("4")
	if diff := cmp.Diff([]any{"s1", "s3", "s2"}, a.list("sessions", "session_id")); diff != "" {
		t.Error(diff)
	}
	if a.json()["next_cursor"] != "" {
		t.Errorf("the only page has a next one: %s", a.Body)
	}
}

func TestAnEmptyListIsNoNull(t *testing.T) {
	s := newService(t)
	s.get("reader", "/v1/sessions").is(200).position("0").equals(`{"sessions":[],"next_cursor":""}`)
	s.get("reviewer", "/v1/flags").is(200).position("0").equals(`{"flags":[],"next_cursor":""}`)
	s.get("reader", "/v1/events").is(200).position("0").equals(`{"events":[],"next_after":0}`)
}

func TestPagesShowEverySessionOnceWhileSessionsChange(t *testing.T) {
	s := newService(t)
	s.many(7)
	seen := map[any]int{}
	path, cursor := "/v1/sessions?limit=3", ""
	for page := 0; page == 0 || cursor != ""; page++ {
		a := s.get("reader", path+"&cursor="+cursor).is(200)
		for _, id := range a.list("sessions", "session_id") {
			seen[id]++
		}
		cursor = a.json()["next_cursor"].(string)
		if page == 0 { // one that was shown moves to the front, and so does one that was not
			s.store.append(eventlog.Stream{App: "default", Session: "s7"}, approved("1"))
			s.store.append(eventlog.Stream{App: "default", Session: "s2"}, approved("1"))
		}
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%v was shown %d times", id, times)
		}
	}
	if len(seen) != 6 || seen["s2"] != 0 {
		t.Errorf("%v: want all that did not move before they were reached", seen)
	}
}

func TestSessionsAreFiltered(t *testing.T) {
	s := newService(t)
	other := eventlog.Stream{App: "second", Session: "o1"}
	s.store.append(eventlog.Stream{App: "default", Session: "d1"}, pending("1"), approved("1"))
	s.store.append(other, kyc.StatusChanged{
		Trigger: kyc.ReportPendingVerification, From: kyc.SubmissionRequired, To: kyc.PendingVerification,
		Cause: kyc.CauseReported, CompanyForm: true,
	})
	s.store.append(eventlog.Stream{App: "default", Session: "d2"}, pending("1"), regressed("1"))
	for query, want := range map[string][]any{
		"":                            {"d2", "o1", "d1"},
		"app=default":                 {"d2", "d1"},
		"app=":                        {"d2", "o1", "d1"},
		"status=STEPS_APPROVED":       {"d1"},
		"status=PENDING_VERIFICATION": {"d2", "o1"},
		"kind=corporate":              {"o1"},
		"service=PROOF_OF_ADDRESS":    {"d2", "d1"},
		"service=NONE":                nil,
		"flagged=true":                {"d2"},
		"flagged=false":               {"o1", "d1"},
		"updated_after=2026-03-01T06:00:02.000250Z":                             {"d2", "o1"},
		"updated_before=2026-03-01T06:00:03.000250Z":                            {"d1"},
		"updated_after=2026-03-01T07:00:02.000250%2B01:00&flagged=false":        {"o1"},
		"app=default&status=PENDING_VERIFICATION&kind=individual&flagged=true&": {"d2"},
	} {
		got := s.get("reader", "/v1/sessions?"+query).is(200).list("sessions", "session_id")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestAListIsAtMostAsLongAsAskedFor(t *testing.T) {
	s := newService(t)
	s.many(501)
	for query, want := range map[string]int{"": 50, "?limit=1": 1, "?limit=500": 500} {
		if got := len(s.get("reader", "/v1/sessions"+query).is(200).list("sessions", "kind")); got != want {
			t.Errorf("%q answered %d sessions, want %d", query, got, want)
		}
	}
}

func TestACursorBelongsToItsFilter(t *testing.T) {
	s := newService(t)
	s.many(3)
	cursor := s.get("reader", "/v1/sessions?limit=1&app=default").json()["next_cursor"].(string)
	s.get("reader", "/v1/sessions?limit=2&app=default&cursor="+cursor).is(200)
	for _, query := range []string{
		"limit=1&cursor=" + cursor,
		"limit=1&app=second&cursor=" + cursor,
		"limit=1&app=default&flagged=false&cursor=" + cursor,
		"app=default&cursor=x" + cursor,
		"app=default&cursor=" + cursor[1:],
		"app=default&cursor=AAAA",
		"app=default&cursor=%F0%9F%92%A9",
	} {
		s.get("reader", "/v1/sessions?"+query).problem(422, "invalid-cursor")
	}
	s.get("reviewer", "/v1/flags?app=default&cursor="+cursor).problem(422, "invalid-cursor")
}
