package httpapi_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// decide decides the flag at a position.
func (s *service) decide(role string, position any, body string, headers ...string) answer {
	path := fmt.Sprintf("/v1/flags/%v/resolution", position)
	return s.do(role, http.MethodPost, path, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

func TestAcceptAppliesTheHeldStatus(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	a := s.decide("reviewer", 3, `{"decision":"accept","note":"a new document is due"}`).is(200).position("5")
	a.equals(`{"decision":"accept","flag":3,"position":4,"version":4}`)
	if got := s.get("reader", sessionPath+"?min_position=5").is(200).json(); got["status"] != "PENDING_VERIFICATION" || got["open_flags"] != 0.0 {
		t.Errorf("the session is %v", got)
	}
	flag := s.get("reviewer", "/v1/flags?state=accepted").is(200)
	if got := flag.list("flags", "resolved_by"); got[0] != "reviewer-1" {
		t.Errorf("resolved by %v", got)
	}
	if got := flag.list("flags", "note"); got[0] != "a new document is due" {
		t.Errorf("note %v", got)
	}
}

func TestDismissLeavesTheStatus(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	a := s.decide("admin", 3, `{"note":"a known fault of theirs","decision":"dismiss"}`).is(200).position("4")
	a.equals(`{"decision":"dismiss","flag":3,"position":4,"version":4}`)
	if got := s.get("reader", sessionPath).is(200).json()["status"]; got != "STEPS_APPROVED" {
		t.Errorf("the status is %v", got)
	}
}

func TestAFlagIsDecidedOnce(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	s.decide("reviewer", 3, `{"decision":"accept","note":"yes"}`).is(200)
	s.decide("reviewer", 3, `{"decision":"accept","note":"yes"}`).problem(409, "flag-not-open")
	s.decide("reviewer", 2, `{"decision":"accept","note":"yes"}`).problem(404, "flag-not-found")
	s.decide("reviewer", 99, `{"decision":"accept","note":"yes"}`).problem(404, "flag-not-found")
	if len(s.store.events) != 5 {
		t.Errorf("the log has %d events", len(s.store.events))
	}
}

func TestARulingMustBeWellFormed(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	long := strings.Repeat("ü", 4000)
	for _, c := range []struct {
		position any
		body     string
		status   int
		slug     string
	}{
		{1, `{"decision":"accept","note":""}`, 422, "note-required"},
		{1, `{"decision":"accept","note":" \n\t "}`, 422, "note-required"},
		{1, `{"decision":"accept"}`, 422, "invalid-request"},
		{1, `{"note":"x"}`, 422, "invalid-request"},
		{1, `{"decision":"maybe","note":"x"}`, 422, "invalid-request"},
		{1, `{"decision":"healed","note":"x"}`, 422, "invalid-request"},
		{1, `{"decision":"accept","note":"` + long + `x"}`, 422, "invalid-request"},
		{1, `{"decision":"accept","note":"a\u0000b"}`, 422, "invalid-request"},
		{1, `{"decision":"accept","note":7}`, 422, "invalid-request"},
		{1, `{"decision":"accept","note":null}`, 422, "invalid-request"},
		{1, `{"decision":"accept","note":"x","by":"someone else"}`, 422, "invalid-request"},
		{1, `[]`, 422, "invalid-request"},
		{1, ``, 400, "malformed-body"},
		{1, `{"decision":`, 400, "malformed-body"},
		{1, `{"decision":"accept","note":"x"} {}`, 400, "malformed-body"},
		{1, strings.Repeat(" ", 64<<10) + `{}`, 413, "body-too-large"},
		{0, `{"decision":"accept","note":"x"}`, 422, "invalid-request"},
		{-1, `{"decision":"accept","note":"x"}`, 422, "invalid-request"},
		{"one", `{"decision":"accept","note":"x"}`, 422, "invalid-request"},
		{"99999999999999999999", `{"decision":"accept","note":"x"}`, 422, "invalid-request"},
	} {
		s.decide("reviewer", c.position, c.body).problem(c.status, c.slug)
	}
	s.decide("reviewer", 1, "decision=accept", "Content-Type", "application/x-www-form-urlencoded").problem(415, "unsupported-media-type")
	if len(s.store.events) != 1 {
		t.Error("something was written")
	}
	s.decide("reviewer", 1, `{"decision":"accept","note":"`+long+`"}`).is(200)
}

func TestAProblemNamesTheFieldAndNotItsValue(t *testing.T) {
	s := newService(t)
	a := s.decide("reviewer", 1, `{"decision":"`+string(session)+`","note":"x","`+string(session)+`":1}`)
	p := a.problem(422, "invalid-request")
	fields := fmt.Sprint(p["errors"])
	if !strings.Contains(fields, "body.decision") {
		t.Errorf("errors %s", fields)
	}
	if p := s.get("reader", "/v1/sessions?colour=red").problem(422, "invalid-request"); !strings.Contains(fmt.Sprint(p["errors"]), "query.colour") {
		t.Errorf("errors %v", p["errors"])
	}
}

func TestADecisionThatCannotBeStoredIsTriedAgain(t *testing.T) {
	for fault, slug := range map[error]string{
		eventlog.ErrBusy: "log-busy", eventlog.ErrUnavailable: "log-unavailable",
		eventlog.ErrOutcomeUnknown: "outcome-unknown", eventlog.ErrNotReplicated: "not-replicated", eventlog.ErrClosed: "shutting-down",
		context.DeadlineExceeded: "interrupted",
	} {
		s := newService(t, func(c *httpapi.Config) { c.Resolve = refusing{fault} })
		a := s.decide("reviewer", 1, `{"decision":"accept","note":"x"}`)
		a.problem(503, slug)
		if a.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After %q", slug, a.Header().Get("Retry-After"))
		}
	}
}

// refusing fails every ruling.
type refusing struct{ err error }

func (r refusing) Handle(context.Context, kyc.Ruling) (eventlog.Receipt, error) {
	return eventlog.Receipt{}, fmt.Errorf("append: %w", r.err)
}

// deadlines notes the read deadlines that a handler sets.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

func TestReadingTheBodyHasADeadlineAndDecidingHasNone(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) { c.Resolve = refusing{eventlog.ErrBusy} })
	r, err := http.NewRequest(http.MethodPost, "/v1/flags/1/resolution", bytes.NewReader([]byte(`{"decision":"accept","note":"x"}`)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer reviewer")
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	s.ServeHTTP(w, r)
	if len(w.set) != 2 || w.set[0].IsZero() || !w.set[1].IsZero() {
		t.Errorf("deadlines %v: want one, then none", w.set)
	}
}
