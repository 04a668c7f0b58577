package kyc_test

import (
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// The recorded states are copies that State returned while the session went
// on: comparing each of them also proves that none was changed afterwards.
func TestReplayEqualsLive(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		session := kyc.NewSession()
		for _, e := range l.entries() {
			same(t, "before", session.State(), e.before)
			session.Apply(e.event, e.mark)
			same(t, "after", session.State(), e.after)
		}
	})
}

func TestReplayThroughStoredStatesEqualsLive(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		session := kyc.NewSession()
		for _, e := range l.entries() {
			switch rapid.SampledFrom([]string{"go on", "store", "clone"}).Draw(t, "then") {
			case "store":
				session = kyc.RestoreSession(session.State())
			case "clone":
				session = session.Clone()
			}
			session.Apply(e.event, e.mark)
			same(t, "after", session.State(), e.after)
		}
	})
}

func TestDecidingChangesNothing(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for _, turn := range l.turns {
			same(t, "the session", turn.decided, turn.before)
		}
	})
}

// The state is all that a decision depends on: a store may keep it and nothing
// else.
func TestDecidingOnAStoredStateIsDecidingLive(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		s := begin(l.rules)
		for _, turn := range l.turns {
			s.wait(turn.After)
			s.session = kyc.RestoreSession(turn.before)
			for range 2 {
				decision, err := s.decide(turn.act)
				same(t, "decision", decision, turn.decision)
				if err != turn.err {
					t.Errorf("error %v, want %v", err, turn.err)
				}
			}
		}
	})
}

func TestMarksAreWhereTheHistoryStands(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for i, e := range l.entries() {
			same(t, "version", e.after.Version, int64(i+1))
			same(t, "position", e.after.Position, e.mark.Position)
			same(t, "updated", e.after.UpdatedAt, e.mark.At)
			same(t, "opened", e.after.OpenedAt, l.entries()[0].mark.At)
		}
	})
}
