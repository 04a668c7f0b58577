package httpapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// someFlags raises a flag in every state: positions 2, 3, 5, 7, 9 and 11 are
// open, accepted, dismissed, healed, superseded and reconciled; 13 is a low one
// of another app, and open.
func (s *service) someFlags() {
	s.store.append(stream(), pending("1"), regressed("1"))
	for i, r := range kyc.Resolutions() {
		other := eventlog.Stream{App: "default", Session: kyc.SessionID("closed-" + r.String())}
		at := int64(len(s.store.events)) + 1
		s.store.append(other, regressed("1"))
		s.store.append(other, kyc.FlagResolved{StepID: "1", Flag: at, Resolution: r, By: "ada", Note: []string{"yes", "no", "", "", ""}[i]})
	}
	s.store.append(eventlog.Stream{App: "second", Session: "x"}, unreasoned("1"))
}

func TestFlagsAreSelected(t *testing.T) {
	s := newService(t)
	s.someFlags()
	for query, want := range map[string][]any{
		"":                         {13.0, 2.0},
		"state=":                   {13.0, 2.0},
		"state=open":               {13.0, 2.0},
		"state=accepted":           {3.0},
		"state=dismissed":          {5.0},
		"state=healed":             {7.0},
		"state=superseded":         {9.0},
		"state=reconciled":         {11.0},
		"state=resolved":           {11.0, 9.0, 7.0, 5.0, 3.0},
		"state=all":                {13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 2.0},
		"app=second":               {13.0},
		"violation=missing_reason": {13.0},
		"severity=high":            {2.0},
		"severity=high&state=all&app=default&violation=regression&limit=2": {11.0, 9.0},
		"severity=medium": nil,
	} {
		got := s.get("reviewer", "/v1/flags?"+query).is(200).position("13").list("flags", "position")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	s.get("reviewer", "/v1/flags?state=closed").problem(422, "invalid-request")
}

func TestAFlagHasTheFieldsOfTheDesign(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	s.get("reviewer", "/v1/flags").equals(`{"next_cursor":"","flags":[{"position":1,"app":"default",
		"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","step_id":"1","service":"PROOF_OF_ADDRESS",
		"violation":"regression","severity":"high","from":"APPROVED","attempted":"PENDING_VERIFICATION",
		"reason":"again","state":"open","flagged_at":"2026-03-01T06:00:01.000250Z",
		"resolved_at":null,"resolved_by":"","note":""}]}`)
	s.store.append(stream(), kyc.FlagResolved{Flag: 1, Resolution: kyc.ResolvedDismiss, By: "ada", Note: "known"})
	s.get("reviewer", "/v1/flags?state=dismissed").equals(`{"next_cursor":"","flags":[{"position":1,"app":"default",
		"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","step_id":"1","service":"PROOF_OF_ADDRESS",
		"violation":"regression","severity":"high","from":"APPROVED","attempted":"PENDING_VERIFICATION",
		"reason":"again","state":"dismissed","flagged_at":"2026-03-01T06:00:01.000250Z",
		"resolved_at":"2026-03-01T06:00:02.000250Z","resolved_by":"ada","note":"known"}]}`)
}

func TestAContractViolationHoldsNothing(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), unreasoned("1"))
	a := s.get("reviewer", "/v1/flags").is(200)
	if got := a.list("flags", "from"); got[0] != "" {
		t.Errorf("from %v", got)
	}
	if got := a.list("flags", "attempted"); got[0] != "" {
		t.Errorf("attempted %v", got)
	}
}

func TestFlagsAreReadInPages(t *testing.T) {
	s := newService(t)
	s.someFlags()
	first := s.get("reviewer", "/v1/flags?limit=1").is(200)
	cursor := first.json()["next_cursor"].(string)
	second := s.get("reviewer", "/v1/flags?limit=1&state=open&cursor="+cursor).is(200)
	if diff := cmp.Diff([]any{2.0}, second.list("flags", "position")); diff != "" || second.json()["next_cursor"] != "" {
		t.Errorf("%s, next %v", diff, second.json()["next_cursor"])
	}
	for _, state := range []string{"resolved", "all", "accepted"} {
		s.get("reviewer", "/v1/flags?limit=1&state="+state+"&cursor="+cursor).problem(422, "invalid-cursor")
	}
}
