package kyc_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

func TestEveryReportHasExactlyOneOutcome(t *testing.T) {
	table := verdicts()
	holds(t, func(t *rapid.T, l life) {
		for _, turn := range l.turns {
			if !turn.reports() {
				continue
			}
			want := outcome(table, turn)
			same(t, "outcome", turn.decision.Outcome, want)
			checkOwnEvent(t, turn, want)
			same(t, "rank of events", unordered(turn.decision.Events), "")
		}
	})
}

// outcome is section 2.2 of the design again.
func outcome(table map[triple]verdict, t turn) kyc.Outcome {
	r := t.Report
	switch {
	case t.Kind == "conflict":
		return kyc.Flagged
	case !r.Trigger.Known():
		return kyc.Discarded
	default:
		return table[triple{flow(t.before, r.StepID, r.Service), standing(t.before, r.StepID), r.Trigger}].outcome
	}
}

// checkOwnEvent checks that a decision's first event is its outcome's own, and
// that only applied reports bring others along.
func checkOwnEvent(t *rapid.T, turn turn, want kyc.Outcome) {
	t.Helper()
	own := fmt.Sprintf("%T", turn.decision.Events[0])
	types := map[kyc.Outcome][]string{
		kyc.Applied:   {"kyc.StatusChanged", "kyc.SessionReset"},
		kyc.Repeated:  {"kyc.StatusRepeated"},
		kyc.Flagged:   {"kyc.TransitionFlagged"},
		kyc.Discarded: {"kyc.WebhookDiscarded"},
	}[want]
	if !slices.Contains(types, own) {
		t.Errorf("%s: the first event is a %s", want, own)
	}
	if n := len(turn.decision.Events); n > 1 && want != kyc.Applied {
		t.Errorf("%s: %d events", want, n)
	}
	if conflict := turn.Kind == "conflict"; conflict {
		flagged, _ := turn.decision.Events[0].(kyc.TransitionFlagged)
		same(t, "violation", flagged.Violation, kyc.DeliveryConflict)
	}
}

// unordered names the first event that stands where it must not: the outcome's
// own, contract violations, a healing, its resolution, what it supersedes.
func unordered(events []kyc.Event) string {
	last := 0
	for i, event := range events[1:] {
		rank := rankOf(event)
		repeatable := rank == 1 || rank == 4
		if rank < last || rank == last && !repeatable || rank > 2 && last < rank-1 {
			return fmt.Sprintf("event %d is %T after rank %d", i+1, event, last)
		}
		last = rank
	}
	if last == 2 {
		return "a healing without a resolution"
	}
	return ""
}

func rankOf(event kyc.Event) int {
	switch e := event.(type) {
	case kyc.ContractViolated:
		return 1
	case kyc.StatusChanged:
		if e.Cause == kyc.CauseHealed {
			return 2
		}
	case kyc.FlagResolved:
		switch e.Resolution {
		case kyc.ResolvedHealed:
			return 3
		case kyc.ResolvedSuperseded:
			return 4
		}
	}
	return 9 // nothing that a report brings along
}

func TestOnlyAppliedReportsChangeAStatus(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for _, turn := range l.turns {
			if !turn.reports() || turn.decision.Outcome == kyc.Applied {
				continue
			}
			before, after := turn.before, turn.after()
			same(t, "session", after.Track, before.Track)
			same(t, "cycle", after.Cycle, before.Cycle)
			for id, got := range statuses(after) {
				if got != standing(before, id) {
					t.Errorf("%s: track %q went to %s", turn.decision.Outcome, id, got)
				}
			}
		}
	})
}

// A step is listed from its first report on, a discarded one and a conflict
// aside, or from the first snapshot that shows it as a person's, and keeps its
// place and its first service.
func TestStepsAreListedFromTheirFirstReport(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		var want []kyc.Track
		for _, turn := range l.turns {
			if turn.Kind == "report" && turn.decision.Outcome != kyc.Discarded {
				want = list(want, turn.Report.StepID, turn.Report.Service)
			}
			for _, step := range turn.Snapshot.Steps {
				if !turn.Snapshot.Company {
					want = list(want, step.StepID, step.Service)
				}
			}
			for _, event := range turn.decision.Events {
				if e, ok := event.(kyc.StatusChanged); ok && e.Cause != kyc.CauseReported {
					want = list(want, e.StepID, e.Service)
				}
			}
			var got []kyc.Track
			for _, step := range turn.after().Steps {
				got = append(got, kyc.Track{StepID: step.StepID, Service: step.Service})
			}
			same(t, "steps", got, want)
		}
	})
}

func list(steps []kyc.Track, id kyc.StepID, service kyc.Service) []kyc.Track {
	if id == "" {
		return steps
	}
	for i, step := range steps {
		if step.StepID == id {
			if step.Service == "" {
				steps[i].Service = service
			}
			return steps
		}
	}
	return append(steps, kyc.Track{StepID: id, Service: service})
}

func TestEveryRulingClosesOneFlagOrIsRefused(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for _, turn := range l.turns {
			if turn.Kind != "ruling" {
				continue
			}
			open := len(turn.before.Flags)
			switch {
			case turn.Note == "":
				checkRefused(t, turn, kyc.ErrNoteRequired)
			case turn.Flag >= open:
				checkRefused(t, turn, kyc.ErrFlagNotOpen)
			default:
				same(t, "error", turn.err, nil)
				same(t, "open flags", len(turn.after().Flags), open-1)
				if !turn.Accept {
					same(t, "statuses", statuses(turn.after()), statuses(turn.before))
				}
			}
		}
	})
}

func checkRefused(t *rapid.T, turn turn, want error) {
	t.Helper()
	if !errors.Is(turn.err, want) || len(turn.entries) > 0 {
		t.Errorf("%d events, %v; want none and %v", len(turn.entries), turn.err, want)
	}
}
