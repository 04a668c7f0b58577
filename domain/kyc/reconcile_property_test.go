package kyc_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// observing checks a property of every snapshot of every life, and of one more
// at its end.
func observing(t *testing.T, property func(*rapid.T, turn)) {
	holds(t, func(rt *rapid.T, l life) {
		s := begin(l.rules)
		for _, turn := range l.turns {
			s.record(turn.decision.Events)
			if turn.Kind == "snapshot" {
				property(rt, turn)
			}
		}
		property(rt, s.turn(act{Kind: "snapshot", Snapshot: snapshots().Draw(rt, "last snapshot")}))
	})
}

// settled are the tracks that a snapshot tells of, and where it has them.
func settled(before kyc.State, s kyc.Snapshot) map[kyc.StepID]kyc.Status {
	found := map[kyc.StepID]kyc.Status{}
	tell := func(id kyc.StepID, text string) {
		status, known := kyc.ParseStatus(text)
		if _, told := found[id]; known && !told {
			found[id] = status
		}
	}
	tell("", s.Status)
	for _, step := range s.Steps {
		_, seen := statuses(before)[step.StepID]
		if step.StepID != "" && (seen || !s.Company) {
			tell(step.StepID, step.Status)
		}
	}
	return found
}

// missed says whether a reset explains a status, independent of the code's own
// rule.
func missed(from, to kyc.Status) bool {
	early := []kyc.Status{kyc.SubmissionRequired, kyc.PendingVerification}
	return from == kyc.Rejected && to != kyc.Rejected || from == kyc.Approved && slices.Contains(early, to)
}

func TestATrackStandsWhereTheSnapshotHasIt(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		told := settled(turn.before, turn.Snapshot)
		want := statuses(turn.before)
		if to, ok := told[""]; ok && missed(want[""], to) {
			for id := range want {
				want[id] = kyc.SubmissionRequired
			}
		}
		for _, step := range turn.Snapshot.Steps {
			if _, seen := want[step.StepID]; !seen && !turn.Snapshot.Company {
				want[step.StepID] = kyc.SubmissionRequired
			}
		}
		maps.Copy(want, told)
		same(t, "statuses", statuses(turn.after()), want)
	})
}

func TestEveryMissedResetIsRecorded(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		at := statuses(turn.before)
		want := map[kyc.StepID]int{}
		told := settled(turn.before, turn.Snapshot)
		whole := missed(at[""], told[""]) && told[""] != kyc.Status{}
		for id, to := range told {
			if missed(at[id], to) && (id == "" || !whole) {
				want[id] = 1
			}
		}
		got := map[kyc.StepID]int{}
		for _, event := range turn.decision.Events {
			switch e := event.(type) {
			case kyc.SessionReset:
				got[""]++
			case kyc.StatusChanged:
				if e.Trigger == kyc.ReportReset {
					got[e.StepID]++
				}
			}
		}
		same(t, "resets", got, want)
		same(t, "cycle", turn.after().Cycle, turn.before.Cycle+want[""])
	})
}

// What is held back of a track that the snapshot tells of is settled, and
// nothing else.
func TestFlagsOfSettledTracksAreClosed(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		told := settled(turn.before, turn.Snapshot)
		holding := []kyc.Violation{kyc.Premature, kyc.AfterFinal, kyc.Regression}
		var want []kyc.Flag
		for _, flag := range turn.before.Flags {
			if _, ok := told[flag.StepID]; !ok || !slices.Contains(holding, flag.Violation) {
				want = append(want, flag)
			}
		}
		same(t, "open flags", positions(turn.after().Flags), positions(want))
	})
}

func TestTheSameSnapshotAgainIsTheObservationAlone(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		want := []kyc.Event{turn.Snapshot}
		if turn.Snapshot.Unknown {
			want = nil
		}
		session := kyc.RestoreSession(turn.after())
		same(t, "events", kyc.Decider{Machine: kyc.NewMachine()}.Reconcile(session, turn.Snapshot), want)
		same(t, "the session", session.State(), turn.after())
	})
}

// The observation comes first, then changes, then what they settle; of an
// unknown session there is nothing more.
func TestASnapshotIsRecordedBeforeWhatFollowsFromIt(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		events := turn.decision.Events
		if turn.Snapshot.Unknown {
			want := []kyc.Event{turn.Snapshot}
			if turn.before.Unknown {
				want = nil
			}
			same(t, "events", events, want)
			return
		}
		same(t, "observation", events[0], kyc.Event(turn.Snapshot))
		closing := false
		for _, event := range events[1:] {
			cause := kyc.CauseReconciled
			switch e := event.(type) {
			case kyc.StatusChanged:
				cause = e.Cause
			case kyc.SessionReset:
				cause = e.Cause
			case kyc.FlagResolved:
				closing = true
				same(t, "resolution", e, kyc.FlagResolved{StepID: e.StepID, Flag: e.Flag, Resolution: kyc.ResolvedReconciled, By: kyc.ReconciledBy})
				continue
			}
			if closing || cause != kyc.CauseReconciled {
				t.Errorf("%T%+v stands where it must not", event, event)
			}
		}
	})
}

// Of a company a snapshot lists no steps, and it makes no company of a person.
func TestASnapshotOfACompanyListsNoSteps(t *testing.T) {
	observing(t, func(t *rapid.T, turn turn) {
		if turn.Snapshot.Company {
			same(t, "steps", len(turn.after().Steps), len(turn.before.Steps))
		}
		same(t, "form", turn.after().CompanyForm, turn.before.CompanyForm || turn.Snapshot.Company)
	})
}
