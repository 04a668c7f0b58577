package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/application/query"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

// exporter has evidence of one session.
type exporter struct{ err error }

func (x exporter) Session(_ context.Context, s eventlog.Stream) (evidence.Bundle, error) {
	if x.err == nil && s != stream() {
		x.err = query.ErrNoSuchSession
	}
	return evidence.Bundle{
		Format: evidence.BundleFormat, Program: "dossier test", ExportedAt: "2026-03-01T06:00:01.000250Z",
		App: string(s.App), SessionID: string(s.Session), Rules: evidence.Rules{RequiredServices: []string{}},
		Session: evidence.Session{
			App: string(s.App), SessionID: string(s.Session), Kind: "unknown", Status: "APPROVED", Cycle: 1, Version: 1, Position: 1,
			OpenedAt: "2026-03-01T06:00:01.000250Z", UpdatedAt: "2026-03-01T06:00:01.000250Z", SessionStatus: "APPROVED", Steps: []evidence.Step{},
		},
		Events: []evidence.Proven{{
			Event: evidence.Event{Position: 1, App: string(s.App), SessionID: string(s.Session), Version: 1, Data: "{\n}", Metadata: "{}"},
			Proof: []string{},
		}},
		Machine: evidence.MachineOf(kyc.NewMachine()), Checkpoint: "a note", Statement: "another",
	}, x.err
}

func withEvidence(x exporter) func(*httpapi.Config) {
	return func(c *httpapi.Config) { c.Evidence = x }
}

const evidencePath = "/v1/sessions/default/" + string(session) + "/evidence"

func TestEvidenceIsTheFileAsItIsExported(t *testing.T) {
	s := newService(t)
	a := s.get("auditor", evidencePath).is(200)
	want, _ := exporter{}.Session(t.Context(), stream())
	if got := a.Body.String(); got != string(want.Encode()) {
		t.Errorf("got %s", got)
	}
	name := a.Header().Get("Content-Disposition")
	if !strings.HasPrefix(name, `attachment; filename="evidence-`) || strings.Contains(name, string(session)) {
		t.Errorf("Content-Disposition %s", name)
	}
	if got := a.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %s", got)
	}
	if strings.Contains(s.log.String(), string(session)) {
		t.Errorf("logged: %s", s.log)
	}
}

func TestEvidenceIsForAuditors(t *testing.T) {
	s := newService(t)
	for role, status := range map[string]int{"reader": 403, "reviewer": 403, "auditor": 200, "admin": 200} {
		s.get(role, evidencePath).is(status)
		if n := len(s.access.take()); n != 1 {
			t.Errorf("%s: recorded %d times", role, n)
		}
	}
}

func TestWithoutARecordThereIsNoEvidence(t *testing.T) {
	s := newService(t)
	s.access.fault = errors.New("disk full")
	for _, role := range []string{"auditor", "admin"} {
		a := s.get(role, evidencePath)
		a.problem(503, "access-not-recorded")
		if strings.Contains(a.Body.String(), "checkpoint") {
			t.Errorf("%s: %s", role, a.Body)
		}
	}
}

func TestEvidenceThatIsNotToBeHad(t *testing.T) {
	for slug, c := range map[string]struct {
		err    error
		status int
	}{
		"not-sealed":        {fmt.Errorf("x: %w", evidence.ErrNoCheckpoint), 503},
		"log-altered":       {fmt.Errorf("%w: the event at position 7", evidence.ErrAltered), 500},
		"session-not-found": {query.ErrNoSuchSession, 404},
		"log-unavailable":   {eventlog.ErrUnavailable, 503},
		"internal":          {errors.New("broken"), 500},
	} {
		s := newService(t, withEvidence(exporter{c.err}))
		s.get("auditor", evidencePath).problem(c.status, slug)
		if logged := strings.Contains(s.log.String(), "position 7"); logged != (slug == "log-altered") {
			t.Errorf("%s: logged %s", slug, s.log)
		}
	}
	newService(t).get("auditor", "/v1/sessions/default/unknown/evidence").problem(404, "session-not-found")
}
