package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

const reconcilePath = sessionPath + "/reconcile"

// reconcile settles a session with the provider.
func (s *service) reconcile(role, path string) answer { return s.do(role, http.MethodPost, path, "") }

// shown is a snapshot of a person's session with one step.
func shown(session, step string) kyc.Snapshot {
	return kyc.Snapshot{Status: session, Steps: []kyc.ObservedStep{{StepID: "1", Service: address, Status: step}}}
}

func TestReconcilingRecordsWhatDiffers(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"), approved("1"), regressed("1"))
	s.synaps.snapshot = shown("SUBMISSION_REQUIRED", "PENDING_VERIFICATION")
	a := s.reconcile("reviewer", reconcilePath).is(200).position("7")
	a.equals(`{"unknown":false,"recorded":true,"position":4,"version":4,"differences":2,"settled_flags":1,"applied":true}`)
	got := s.get("reader", sessionPath+"?min_position=7").is(200).json()
	if got["status"] != "PENDING_VERIFICATION" || got["open_flags"] != 0.0 {
		t.Errorf("the session is %v", got)
	}
	again := s.reconcile("admin", reconcilePath).is(200).position("8")
	again.equals(`{"unknown":false,"recorded":true,"position":8,"version":8,"differences":0,"settled_flags":0,"applied":true}`)
}

// The API may lag behind its webhooks: who asks is told that, and when it is asked
// again.
func TestAnAnswerThatMayLagIsToldAsNotApplied(t *testing.T) {
	s := newService(t, func(cfg *httpapi.Config) {
		cfg.Reconcile = cfg.Reconcile.(command.ReconcileSession).Lagging(2*time.Minute, dawn)
	})
	s.store.append(stream(), pending("1"), approved("1"))
	s.synaps.snapshot = shown("SUBMISSION_REQUIRED", "PENDING_VERIFICATION")
	s.reconcile("reviewer", reconcilePath).is(200).position("3").
		equals(`{"unknown":false,"recorded":true,"position":3,"version":3,"differences":0,"settled_flags":0,"applied":false,` +
			`"contradicts":2,"ask_again_at":"2026-03-01T06:00:06.001000Z"}`)
	if got := s.get("reader", sessionPath+"?min_position=3").is(200).json()["status"]; got != "STEPS_APPROVED" {
		t.Errorf("the status is %v", got)
	}
}

func TestASessionThatOnlyTheProviderKnowsIsRecorded(t *testing.T) {
	s := newService(t)
	s.synaps.snapshot = shown("SUBMISSION_REQUIRED", "APPROVED")
	s.reconcile("reviewer", reconcilePath).is(200).position("2")
	if got := s.get("reader", sessionPath).is(200).json()["status"]; got != "STEPS_APPROVED" {
		t.Errorf("the status is %v", got)
	}
}

func TestASessionThatTheProviderDoesNotKnow(t *testing.T) {
	s := newService(t)
	s.synaps.snapshot = kyc.Snapshot{Unknown: true}
	s.reconcile("reviewer", reconcilePath).problem(404, "session-not-found")
	if len(s.store.events) != 0 {
		t.Error("a session that nobody knows was recorded")
	}
	s.store.append(stream(), pending("1"))
	s.reconcile("reviewer", reconcilePath).is(200).position("2").
		equals(`{"unknown":true,"recorded":true,"position":2,"version":2,"differences":0,"settled_flags":0,"applied":true}`)
	s.store.append(eventlog.Stream{App: "default", Session: "other"}, pending("1"))
	s.reconcile("reviewer", reconcilePath).is(200).position("2").
		equals(`{"unknown":true,"recorded":false,"position":0,"version":0,"differences":0,"settled_flags":0,"applied":true}`)
	s.store.fault = errors.New("no disk")
	s.reconcile("reviewer", reconcilePath).problem(500, "internal")
}

// A name that no session can have is not asked for.
func TestWhatNoSessionCanBeNamedIsNotReconciled(t *testing.T) {
	s := newService(t)
	s.synaps.before = func() { t.Error("the provider was asked") }
	for _, path := range []string{"UPPER/x", "default/a%00b", "default/%FF", "default/" + strings.Repeat("x", 513)} {
		s.reconcile("reviewer", "/v1/sessions/"+path+"/reconcile").problem(404, "session-not-found")
		s.get("reviewer", "/v1/sessions/"+path+"/steps/1/details?purpose=x").problem(404, "session-not-found")
	}
	s.reconcile("reviewer", reconcilePath+"?app=x").problem(422, "invalid-request")
}

func TestAnErrorOfTheProviderIsToldAsItIs(t *testing.T) {
	for _, c := range providerFaults() {
		s := newService(t)
		s.synaps.fault = c.err
		s.store.append(stream(), pending("1"))
		for _, a := range []answer{s.reconcile("reviewer", reconcilePath), s.get("auditor", detailsPath+"?purpose=x")} {
			a.problem(c.status, c.slug)
			if got := a.Header().Get("Retry-After"); got != c.retryAfter {
				t.Errorf("%s: Retry-After %q", c.slug, got)
			}
			if strings.Contains(a.Body.String(), "Lovelace") {
				t.Errorf("%s: %s", c.slug, a.Body)
			}
		}
		if logged := strings.Contains(s.log.String(), `"level":"ERROR"`); logged != c.logged {
			t.Errorf("%s: logged %s", c.slug, s.log)
		}
		if len(s.store.events) != 1 {
			t.Errorf("%s: something was recorded", c.slug)
		}
	}
}

// steady is a reconciliation with one end. It notes who asked for it.
type steady struct {
	err   error
	actor *string
}

func (c steady) Handle(_ context.Context, _ eventlog.Stream, actor string) (command.Reconciled, error) {
	if c.actor != nil {
		*c.actor = actor
	}
	return command.Reconciled{Recorded: true, Position: 1, Version: 1, Last: 1}, c.err
}

func TestAReconciliationThatCannotBeStoredIsTriedAgain(t *testing.T) {
	for fault, slug := range map[error]string{
		command.ErrRestless: "session-restless",
		eventlog.ErrBusy:    "log-busy", eventlog.ErrUnavailable: "log-unavailable",
		eventlog.ErrOutcomeUnknown: "outcome-unknown", eventlog.ErrNotReplicated: "not-replicated", eventlog.ErrClosed: "shutting-down",
	} {
		s := newService(t, func(c *httpapi.Config) { c.Reconcile = steady{err: fmt.Errorf("append: %w", fault)} })
		a := s.reconcile("reviewer", reconcilePath)
		a.problem(503, slug)
		if a.Header().Get("Retry-After") != "1" {
			t.Errorf("%s: Retry-After %q", slug, a.Header().Get("Retry-After"))
		}
	}
}

func TestAReconciliationNamesWhoAskedForIt(t *testing.T) {
	var actor string
	s := newService(t, func(c *httpapi.Config) { c.Reconcile = steady{actor: &actor} })
	s.reconcile("reviewer", reconcilePath).is(200)
	if actor != "reviewer-1" {
		t.Errorf("asked for by %q", actor)
	}
}

func TestWithoutAKeyOfTheProviderTheCallsSaySo(t *testing.T) {
	s := newService(t, func(c *httpapi.Config) { c.Reconcile, c.Details, c.Accesses = nil, nil, nil })
	s.store.append(stream(), pending("1"))
	s.reconcile("reviewer", reconcilePath).problem(409, "no-provider-key")
	s.get("reviewer", detailsPath+"?purpose=x").problem(409, "no-provider-key")
	s.get("reader", detailsPath+"?purpose=x").problem(403, "forbidden")
}

// The provider takes its time, but a call must not wait for ever, nor end when
// its request should have been read.
func TestAskingTheProviderHasItsOwnDeadline(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for method, path := range map[string]string{http.MethodPost: reconcilePath, http.MethodGet: detailsPath + "?purpose=x"} {
		s.synaps.limited = false
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer reviewer")
		w := &deadlines{ResponseWriter: httptest.NewRecorder()}
		s.ServeHTTP(w, r)
		if n := len(w.set); n == 0 || !w.set[n-1].IsZero() {
			t.Errorf("%s: read deadlines %v: none is wanted at the end", path, w.set)
		}
		if !s.synaps.limited {
			t.Errorf("%s: the provider may hang", path)
		}
	}
}
