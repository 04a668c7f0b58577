package kyc_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// No status but by an allowed transition, a healing, an override or what the
// provider's API showed.
func TestStatusesChangeOnlyByTheRules(t *testing.T) {
	table := verdicts()
	holds(t, func(t *rapid.T, l life) {
		for _, e := range l.entries() {
			want := statuses(e.before)
			switch event := e.event.(type) {
			case kyc.StatusChanged:
				checkChange(t, table, e.before, event)
				want[event.StepID] = event.To
			case kyc.SessionReset:
				checkReset(t, e.before, event)
				for id := range want {
					want[id] = kyc.SubmissionRequired
				}
			}
			checkStatuses(t, e, want)
		}
	})
}

// checkStatuses compares the statuses after an event. A step may have been
// seen with it: that is a beginning, not a change.
func checkStatuses(t *rapid.T, e entry, want map[kyc.StepID]kyc.Status) {
	t.Helper()
	for id, got := range statuses(e.after) {
		if _, known := want[id]; !known {
			want[id] = kyc.SubmissionRequired
		}
		if got != want[id] {
			t.Errorf("%d %T: track %q went to %s, want %s", e.mark.Position, e.event, id, got, want[id])
		}
	}
	if len(statuses(e.after)) < len(statuses(e.before)) {
		t.Errorf("%d %T: a step vanished", e.mark.Position, e.event)
	}
}

// checkChange holds one change against the rows of the design.
func checkChange(t *rapid.T, table map[triple]verdict, before kyc.State, e kyc.StatusChanged) {
	t.Helper()
	same(t, "from", e.From, standing(before, e.StepID))
	cell := triple{flow(before, e.StepID, e.Service), e.From, e.Trigger}
	allowed := table[cell].outcome == kyc.Applied && table[cell].to == e.To
	switch e.Cause {
	case kyc.CauseReported:
		if !allowed || e.Flag != 0 {
			t.Errorf("reported, of flag %d, but not allowed: %v", e.Flag, e)
		}
	case kyc.CauseHealed:
		flag := held(t, before, e.Flag, e.StepID, e.Trigger)
		if !allowed || e.From != kyc.PendingVerification || flag.Violation != kyc.Premature {
			t.Errorf("healed, but not allowed or not premature: %v", e)
		}
	case kyc.CauseOverride:
		held(t, before, e.Flag, e.StepID, e.Trigger)
	case kyc.CauseReconciled:
		// What it is allowed by is the snapshot, see reconcile_property_test.go.
		reset := e.Trigger == kyc.ReportReset && e.StepID != "" && e.To == kyc.SubmissionRequired
		if !reset && e.Trigger.String() != e.To.String() || e.From == e.To || e.Flag != 0 || e.Reason != "" {
			t.Errorf("reconciled: %v", e)
		}
	default:
		t.Errorf("no cause: %v", e)
	}
}

func checkReset(t *rapid.T, before kyc.State, e kyc.SessionReset) {
	t.Helper()
	same(t, "cycle", e.Cycle, before.Cycle+1)
	switch e.Cause {
	case kyc.CauseReported:
		same(t, "flag", e.Flag, int64(0))
	case kyc.CauseOverride:
		held(t, before, e.Flag, "", kyc.ReportReset)
	case kyc.CauseReconciled:
		same(t, "flag", e.Flag, int64(0))
	default:
		t.Errorf("a reset is never %q", e.Cause)
	}
}

// held returns an open flag, which must hold just this status for this track.
func held(t *rapid.T, before kyc.State, position int64, step kyc.StepID, trigger kyc.Trigger) kyc.Flag {
	t.Helper()
	for _, flag := range before.Flags {
		if flag.Position == position && flag.StepID == step && flag.Attempted == trigger {
			return flag
		}
	}
	t.Errorf("no open flag %d holds %s for track %q", position, trigger, step)
	return kyc.Flag{}
}

// statuses returns where every track stands; the session's own has no id.
func statuses(s kyc.State) map[kyc.StepID]kyc.Status {
	found := map[kyc.StepID]kyc.Status{"": s.Track.Status}
	for _, step := range s.Steps {
		found[step.StepID] = step.Status
	}
	return found
}

func standing(s kyc.State, id kyc.StepID) kyc.Status {
	if status, seen := statuses(s)[id]; seen {
		return status
	}
	return kyc.SubmissionRequired
}

// flow is section 2.1 of the design again, independent of the code's own.
func flow(s kyc.State, id kyc.StepID, service kyc.Service) kyc.Flow {
	automatic := len(s.Steps) > 0
	if id != "" {
		for _, step := range s.Steps {
			if step.StepID == id && step.Service != "" {
				service = step.Service
			}
		}
		automatic = slices.Contains([]kyc.Service{"AML", "PHONE", "EMAIL", "DUPLICATE"}, service)
	}
	if automatic {
		return kyc.FlowAutomatic
	}
	return kyc.FlowSubmission
}

// The commonest bug of real handlers, for every life.
func TestStepsAloneNeverApproveTheSession(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for _, e := range l.entries() {
			if kyc.RestoreSession(e.after).Overall(l.rules) != kyc.OverallApproved {
				continue
			}
			if e.after.Track.Status == kyc.Approved || covered(e.after, l.rules.Required) {
				continue
			}
			t.Errorf("approved with the required services %q: %v", l.rules.Required, e.after)
		}
	})
}

func covered(s kyc.State, required []kyc.Service) bool {
	approved := map[kyc.Service]bool{}
	for _, step := range s.Steps {
		if step.Status != kyc.Approved {
			return false
		}
		approved[step.Service] = true
	}
	missing := func(service kyc.Service) bool { return !approved[service] }
	return len(required) > 0 && !slices.ContainsFunc(required, missing)
}
