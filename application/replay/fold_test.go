package replay_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dossier/application/projection"
	"dossier/application/replay"
	"dossier/domain/kyc"
)

func run(tb testing.TB, f replay.Fold, from, to int64) replay.Totals {
	tb.Helper()
	totals, err := f.Run(tb.Context(), from, to)
	if err != nil {
		tb.Fatal(err)
	}
	return totals
}

// compared are totals in a form that cmp can look into.
func compared(t replay.Totals) string {
	return fmt.Sprintf("%+v", t) // maps are printed in the order of their keys
}

func TestAFoldCountsWhatTheLogHolds(t *testing.T) {
	got := run(t, small().fold(), 1, 8)
	want := replay.Totals{
		From: 1, To: 8, Events: 8,
		Types: map[string]int64{"kyc.StatusChanged": 2, "kyc.TransitionFlagged": 1, "kyc.StatusRepeated": 1, "kyc.WebhookDiscarded": 1,
			"kyc.FlagResolved": 1, "kyc.ContractViolated": 1, "kyc.SessionReset": 1},
		Outcomes: map[kyc.Outcome]int64{kyc.Applied: 1, kyc.Flagged: 1, kyc.Repeated: 1, kyc.Discarded: 1},
		Healed:   1, Overridden: 1,
		Flags: map[replay.FlagKind]map[projection.FlagState]int64{
			{Violation: kyc.Regression, Severity: kyc.SeverityHigh}:   {projection.FlagDismissed: 1},
			{Violation: kyc.MissingReason, Severity: kyc.SeverityLow}: {projection.FlagOpen: 1},
		},
		Sessions: 2,
		Statuses: map[kyc.Overall]int64{kyc.OverallStepsApproved: 1, kyc.OverallSubmissionRequired: 1},
		Kinds:    map[kyc.Kind]int64{kyc.KindIndividual: 1, kyc.KindCorporate: 1},
	}
	if diff := cmp.Diff(compared(want), compared(got)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// What the provider's API told of is no outcome of a webhook.
func TestReconciledChangesAreCountedByThemselves(t *testing.T) {
	m := &memory{}
	m.add("a/one", kyc.TransitionFlagged{StepID: "1", Violation: kyc.Premature, Severity: kyc.SeverityMedium, Attempted: kyc.ReportApproved})
	m.add("a/one", kyc.SnapshotObserved{Steps: []kyc.ObservedStep{{StepID: "1", Status: "APPROVED"}, {StepID: "2", Status: "APPROVED"}}})
	m.add("a/one", moved(kyc.Approved, kyc.CauseReconciled))
	m.add("a/one", kyc.StatusChanged{StepID: "2", To: kyc.Approved, Cause: kyc.CauseReconciled})
	m.add("a/one", kyc.FlagResolved{StepID: "1", Flag: 1, Resolution: kyc.ResolvedReconciled, By: kyc.ReconciledBy})
	m.add("a/one", kyc.DetailsAccessed{StepID: "1", By: "ada", Purpose: "a dispute"})
	m.add("a/one", kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled})
	got := run(t, m.fold(), 1, 7)
	premature := replay.FlagKind{Violation: kyc.Premature, Severity: kyc.SeverityMedium}
	if got.Reconciled != 3 || got.Outcomes[kyc.Applied] != 0 || got.Outcomes[kyc.Flagged] != 1 || got.Flags[premature][projection.FlagReconciled] != 1 {
		t.Errorf("totals %+v", got)
	}
	if got.Types["kyc.SnapshotObserved"] != 1 || got.Types["kyc.DetailsAccessed"] != 1 {
		t.Errorf("types %v", got.Types)
	}
}

// A range counts its own events only, but its sessions have their whole past.
func TestARangeStandsOnWhatCameBefore(t *testing.T) {
	got := run(t, small().fold(), 5, 6)
	want := replay.Totals{
		From: 5, To: 6, Events: 2, Types: map[string]int64{"kyc.FlagResolved": 1, "kyc.StatusChanged": 1},
		Outcomes: map[kyc.Outcome]int64{}, Healed: 1,
		Flags:    map[replay.FlagKind]map[projection.FlagState]int64{}, // it was raised before
		Sessions: 1, Statuses: map[kyc.Overall]int64{kyc.OverallStepsApproved: 1}, Kinds: map[kyc.Kind]int64{kyc.KindIndividual: 1},
	}
	if diff := cmp.Diff(compared(want), compared(got)); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

func TestARangeIncludesBothItsEnds(t *testing.T) {
	high := replay.FlagKind{Violation: kyc.Regression, Severity: kyc.SeverityHigh}
	if got := run(t, small().fold(), 2, 2); got.Events != 1 || got.Sessions != 1 || got.Flags[high][projection.FlagOpen] != 1 {
		t.Errorf("the one that raises a flag: %+v", got)
	}
	if got := run(t, small().fold(), 6, 7); got.Events != 2 || got.Sessions != 2 || got.Healed != 1 {
		t.Errorf("the last of a session, and another: %+v", got)
	}
}

func TestTheRulesOfEachAppApply(t *testing.T) {
	fold := small().fold()
	fold.Rules = kyc.RuleBook{Apps: map[kyc.App]kyc.Rules{"b": {Pinned: kyc.KindIndividual}}}
	if got := run(t, fold, 1, 8).Kinds; got[kyc.KindIndividual] != 2 {
		t.Errorf("kinds %v", got)
	}
}

func TestOneAppIsFoldedAlone(t *testing.T) {
	fold := small().fold()
	fold.App = "b"
	if got := run(t, fold, 1, 8); got.Events != 4 || got.Sessions != 1 || got.Flags[replay.FlagKind{Violation: kyc.Regression, Severity: kyc.SeverityHigh}] != nil {
		t.Errorf("totals %+v", got)
	}
}

func TestAnEmptyLogHasNothing(t *testing.T) {
	if got := run(t, (&memory{}).fold(), 1, 0); got.Events != 0 || got.Sessions != 0 || got.Types == nil {
		t.Errorf("totals %+v", got)
	}
}

func TestProgressEndsAtTheLastPosition(t *testing.T) {
	m := &memory{events: []kyc.Event{kyc.WebhookDiscarded{}}}
	for i := range int64(12_345) {
		m.rows = append(m.rows, replay.Row{Position: i + 1, Stream: fmt.Sprint("a/", i%7), Version: i/7 + 1, Data: "0"})
	}
	var told []int64
	fold := m.fold()
	fold.Progress = func(position int64) { told = append(told, position) }
	if got := run(t, fold, 1, 12_345); got.Events != 12_345 || got.Sessions != 7 {
		t.Errorf("totals %+v", got)
	}
	if !slices.Equal(told, []int64{5000, 10_000, 12_345}) || m.reads != 3 {
		t.Errorf("progress %v in %d reads", told, m.reads)
	}
}

// Whatever is folded by however many workers gives the same totals, and two
// ranges that adjoin have all events between them.
func TestTotalsDoNotDependOnTheWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &memory{}
		causes, statuses := kyc.Causes(), kyc.Statuses()
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			stream := rapid.SampledFrom([]string{"a/1", "a/2", "a/3", "b/1", "b/2"}).Draw(t, "stream")
			m.add(stream, rapid.SampledFrom([]kyc.Event{
				moved(rapid.SampledFrom(statuses).Draw(t, "to"), rapid.SampledFrom(causes).Draw(t, "cause")),
				kyc.StatusRepeated{}, kyc.WebhookDiscarded{}, kyc.SnapshotObserved{Status: "APPROVED"}, kyc.DetailsAccessed{StepID: "1"},
				kyc.TransitionFlagged{Violation: kyc.Premature, Severity: kyc.SeverityMedium},
				kyc.ContractViolated{Violation: kyc.KindMismatch, Severity: kyc.SeverityLow},
			}).Draw(t, "event"))
		}
		head := int64(len(m.rows))
		middle := rapid.Int64Range(1, head).Draw(t, "middle")
		fold := m.fold()
		fold.Workers = 1
		totals := func(from, to int64) replay.Totals {
			got, err := fold.Run(t.Context(), from, to)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		alone := totals(1, head)
		first, second := totals(1, middle), replay.Totals{}
		if middle < head {
			second = totals(middle+1, head)
		}
		if first.Events+second.Events != alone.Events {
			t.Errorf("%d and %d events of %d", first.Events, second.Events, alone.Events)
		}
		fold.Workers = rapid.IntRange(2, 9).Draw(t, "workers")
		if diff := cmp.Diff(compared(alone), compared(totals(1, head))); diff != "" {
			t.Errorf("by one worker and by %d:\n%s", fold.Workers, diff)
		}
	})
}
