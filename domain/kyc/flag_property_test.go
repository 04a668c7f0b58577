package kyc_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// Open flags are those that were raised less those that were resolved.
func TestFlagsAreResolvedAtMostOnce(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		var open []int64
		resolved := map[int64]bool{}
		for _, e := range l.entries() {
			switch event := e.event.(type) {
			case kyc.TransitionFlagged, kyc.ContractViolated, kyc.WebhookDiscarded:
				open = append(open, e.mark.Position)
			case kyc.FlagResolved:
				if resolved[event.Flag] || !slices.Contains(open, event.Flag) {
					t.Errorf("flag %d was resolved at %d, but was not open", event.Flag, e.mark.Position)
				}
				resolved[event.Flag] = true
				open = slices.DeleteFunc(open, func(flag int64) bool { return flag == event.Flag })
			}
			if got := positions(e.after.Flags); !slices.Equal(got, open) {
				t.Errorf("open flags after %d: %v, want %v", e.mark.Position, got, open)
			}
		}
	})
}

// A held status is applied by what resolves its flag, and by nothing else.
func TestEveryHeldStatusIsAppliedTogetherWithItsResolution(t *testing.T) {
	holds(t, func(t *rapid.T, l life) {
		for _, turn := range l.turns {
			for i, event := range turn.decision.Events {
				flag, want := source(event)
				if flag == 0 {
					continue
				}
				if i+1 == len(turn.decision.Events) {
					t.Fatalf("nothing follows %v", event)
				}
				next, _ := turn.decision.Events[i+1].(kyc.FlagResolved)
				same(t, "flag", next.Flag, flag)
				same(t, "resolution", next.Resolution, want)
			}
		}
	})
}

// source returns the flag that an event applies, and how that resolves it.
func source(event kyc.Event) (flag int64, resolution kyc.Resolution) {
	cause := kyc.CauseReported
	switch e := event.(type) {
	case kyc.StatusChanged:
		flag, cause = e.Flag, e.Cause
	case kyc.SessionReset:
		flag, cause = e.Flag, e.Cause
	}
	if cause == kyc.CauseHealed {
		return flag, kyc.ResolvedHealed
	}
	return flag, kyc.ResolvedAccept
}
