package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

const detailsPath = sessionPath + "/steps/1/details"

func TestDetailsPassThroughByteByByte(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for _, media := range []string{"application/json", "application/json; charset=utf-8"} {
		s.synaps.media = media
		a := s.get("auditor", detailsPath+"?purpose=a+complaint").is(200)
		if a.Body.String() != personal || a.Header().Get("Content-Type") != media || a.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%v, %q", a.Header(), a.Body)
		}
	}
	// What is no media type must not make a browser guess.
	for given, want := range map[string]string{"image/jpeg": "image/jpeg", "": "application/json", "/": "application/octet-stream"} {
		s.synaps.media = given
		if a := s.getIn(t.Context(), "auditor", detailsPath+"?purpose=x").is(200); a.Header().Get("Content-Type") != want || a.Body.String() != personal {
			t.Errorf("%q: %v, %q", given, a.Header(), a.Body)
		}
	}
}

func TestWhoLookedAndWhyIsRecordedBeforeTheAnswer(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for role, c := range map[string]struct {
		query, header, want string
	}{
		"reviewer": {"?purpose=Beschwerde+%C3%BC4711", "", "Beschwerde ü4711"},
		"auditor":  {"", "Beschwerde ü4712", "Beschwerde ü4712"},
		"admin":    {"?purpose=" + strings.Repeat("%C3%BC", 500), "", strings.Repeat("ü", 500)},
	} {
		before := len(s.store.events)
		var headers []string
		if c.header != "" {
			headers = []string{"Dossier-Purpose", c.header}
		}
		s.get(role, detailsPath+c.query, headers...).is(200).position(fmt.Sprint(before + 1))
		last := s.store.events[len(s.store.events)-1]
		want := kyc.DetailsAccessed{StepID: "1", By: role + "-1", Purpose: c.want}
		if len(s.store.events) != before+1 || last.Event != want || last.Stream != stream() {
			t.Errorf("%s: recorded %+v", role, last.Event)
		}
	}
}

// unwritable is a log that can't be appended to.
type unwritable struct{ err error }

func (u unwritable) Handle(context.Context, eventlog.Stream, kyc.DetailsAccessed) (eventlog.Receipt, error) {
	return eventlog.Receipt{}, fmt.Errorf("append of %s: %w", session[:], u.err)
}

func TestWithoutARecordThereAreNoDetails(t *testing.T) {
	for _, fault := range []error{
		eventlog.ErrBusy, eventlog.ErrUnavailable, eventlog.ErrOutcomeUnknown, eventlog.ErrClosed, eventlog.ErrUnstorable,
		context.DeadlineExceeded, errors.New("disk full"),
	} {
		s := newService(t, func(c *httpapi.Config) { c.Accesses = unwritable{fault} })
		s.store.append(stream(), pending("1"))
		for _, role := range []string{"reviewer", "auditor", "admin"} {
			a := s.get(role, detailsPath+"?purpose=x")
			a.problem(503, "access-not-recorded")
			if a.Header().Get("Retry-After") != "1" || strings.Contains(a.Body.String(), "Lovelace") {
				t.Errorf("%v: %v, %s", fault, a.Header(), a.Body)
			}
		}
		if !strings.Contains(s.log.String(), fault.Error()) || strings.Contains(s.log.String(), string(session)) {
			t.Errorf("logged %s", s.log)
		}
	}
}

func TestALogThatFailsAfterTheProviderAnsweredShowsNothing(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.synaps.before = func() { s.store.fault = eventlog.ErrUnavailable }
	a := s.get("reviewer", detailsPath+"?purpose=x")
	a.problem(503, "access-not-recorded")
	if len(s.synaps.asked) != 1 || strings.Contains(a.Body.String(), "Lovelace") {
		t.Errorf("asked %d times, answered %s", len(s.synaps.asked), a.Body)
	}
}

func TestAStepThatIsGoneIsNotTold(t *testing.T) {
	for fault, c := range map[error]struct {
		status int
		slug   string
	}{
		command.ErrStepNotFound: {404, "step-not-found"}, command.ErrPurposeRequired: {422, "purpose-required"},
	} {
		s := newService(t, func(c *httpapi.Config) { c.Accesses = unwritable{fault} })
		s.store.append(stream(), pending("1"))
		s.get("reviewer", detailsPath+"?purpose=x").problem(c.status, c.slug)
	}
}

func TestDetailsNeedAPurpose(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	for _, query := range []string{"", "?purpose=", "?purpose=+%09%0A", "?purpose=%E3%80%80"} {
		s.get("reviewer", detailsPath+query).problem(422, "purpose-required")
	}
	s.get("reviewer", detailsPath, "Dossier-Purpose", " ").problem(422, "purpose-required")
	s.get("reviewer", detailsPath+"?purpose=x", "Dossier-Purpose", "x").problem(422, "invalid-request")
	s.get("reviewer", detailsPath, "Dossier-Purpose", "\xff").problem(422, "invalid-request")
	s.get("reviewer", detailsPath, "Dossier-Purpose", strings.Repeat("ü", 501)).problem(422, "invalid-request")
	if len(s.synaps.asked) != 0 || len(s.store.events) != 1 {
		t.Errorf("%d requests, %d events", len(s.synaps.asked), len(s.store.events))
	}
}

func TestDetailsAreOfAStepOfTheSession(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.store.append(eventlog.Stream{App: "default", Session: "other"}, pending("2"))
	s.store.append(eventlog.Stream{App: "default", Session: "bare"}, kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported})
	for path, slug := range map[string]string{
		"default/" + string(session) + "/steps/2":                  "step-not-found",
		"default/" + string(session) + "/steps/PROOF_OF_ADDRESS":   "step-not-found",
		"default/" + string(session) + "/steps/%00":                "step-not-found",
		"default/" + string(session) + "/steps/%FF":                "step-not-found",
		"default/" + string(session) + "/steps/" + string(session): "step-not-found",
		"default/bare/steps/1":                                     "step-not-found",
		"default/other/steps/1":                                    "step-not-found",
		"default/unknown/steps/1":                                  "session-not-found",
		"second/" + string(session) + "/steps/1":                   "session-not-found",
	} {
		s.get("admin", "/v1/sessions/"+path+"/details?purpose=x").position("3").problem(404, slug)
	}
	if len(s.synaps.asked) != 0 || len(s.store.events) != 3 {
		t.Errorf("%d requests, %d events", len(s.synaps.asked), len(s.store.events))
	}
	s.synaps.fault = reconcile.ErrNotFound // by the provider
	s.get("admin", detailsPath+"?purpose=x").problem(404, "step-not-found")
}

// The read model may be behind the log, which is the truth.
func TestAStepIsFoundInTheLog(t *testing.T) {
	s := newService(t)
	s.store.lagging = true
	s.store.append(stream(), pending("1"))
	s.get("reviewer", detailsPath+"?purpose=x").is(200)
	want := reconcile.DetailsRequest{App: "default", Session: session, Kind: kyc.KindIndividual, StepID: "1", Service: address}
	if len(s.synaps.asked) != 1 || s.synaps.asked[0] != want {
		t.Errorf("asked for %+v", s.synaps.asked)
	}
}

func TestTheStepsOfACompanyAreItsServices(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), kyc.SnapshotObserved{Company: true, Status: "PENDING_VERIFICATION"})
	s.get("reviewer", sessionPath+"/steps/BENEFICIAL_OWNERS/details?purpose=x").is(200).position("2")
	want := reconcile.DetailsRequest{
		App: "default", Session: session, Kind: kyc.KindCorporate, StepID: "BENEFICIAL_OWNERS", Service: "BENEFICIAL_OWNERS",
	}
	if len(s.synaps.asked) != 1 || s.synaps.asked[0] != want {
		t.Errorf("asked for %+v", s.synaps.asked)
	}
	for _, step := range []string{"%2E%2E", "a%2Fb", "a%3Fb", "a%20b", "%00", "%FF", strings.Repeat("x", 201)} {
		s.get("reviewer", sessionPath+"/steps/"+step+"/details?purpose=x").problem(404, "step-not-found")
	}
}

func TestNothingOfDetailsIsLogged(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.get("reviewer", detailsPath+"?purpose=secret-purpose").is(200)
	s.get("reviewer", detailsPath, "Dossier-Purpose", "secret-purpose").is(200)
	s.get("reviewer", detailsPath+"?purpose=secret-purpose", "Dossier-Purpose", "secret-purpose").is(422)
	s.synaps.before = func() { s.store.fault = errors.New("no disk") }
	s.get("reviewer", detailsPath+"?purpose=secret-purpose").is(503)
	s.store.fault, s.synaps.before = nil, nil
	s.synaps.fault = fmt.Errorf("details of %s: %w", session[:], reconcile.ErrAnswer)
	s.get("reviewer", detailsPath+"?purpose=secret-purpose").is(502)
	s.synaps.fault, s.synaps.before = nil, func() { panic("out of range in " + string(session)) }
	s.get("reviewer", detailsPath+"?purpose=secret-purpose").problem(500, "internal")
	logged := s.log.String()
	for _, secret := range []string{"secret-purpose", "Lovelace", "1815", string(session)} {
		if strings.Contains(logged, secret) {
			t.Errorf("%s was logged: %s", secret, logged)
		}
	}
	if !strings.Contains(logged, `"route":"GET /v1/sessions/{app}/{session_id}/steps/{step_id}/details"`) {
		t.Errorf("logged %s", logged)
	}
}

func TestAnAuditorsPurposeIsInTheAccessLog(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	s.get("auditor", detailsPath, "Dossier-Purpose", "why not ü").is(200)
	got := s.access.take()
	if len(got) != 1 || got[0].Action != "get-step-details" || got[0].Detail != "purpose=why+not+%C3%BC&step_id=1" {
		t.Errorf("recorded %+v", got)
	}
	s.access.fault = errors.New("no disk")
	s.get("auditor", detailsPath+"?purpose=x").problem(503, "access-not-recorded")
	if len(s.synaps.asked) != 1 {
		t.Error("the provider was asked without a record")
	}
}

// A HEAD tells of what there is, so it is recorded as well.
func TestAHeadOfDetailsIsALook(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), pending("1"))
	server := newServer(t, s)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+detailsPath+"?purpose=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer reviewer")
	got, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.StatusCode != 200 || got.Header.Get("Dossier-Position") != "2" || len(s.store.events) != 2 {
		t.Errorf("%s, %v, %d events", got.Status, got.Header, len(s.store.events))
	}
}
