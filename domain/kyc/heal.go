package kyc

import "time"

// HealedBy is who resolved the flags that a late arrival healed.
const HealedBy = "dossier"

// heal returns what a PENDING_VERIFICATION that was just applied brings along:
// the status that came before it and was held as premature, applied now, and
// the resolution of its flag. Of several the newest is applied.
func (d Decider) heal(s *Session, track Track, r Report, now time.Time) []Event {
	held := d.healable(s, track, r, now)
	if len(held) == 0 {
		return nil
	}
	newest := held[len(held)-1]
	// A premature status is by its definition allowed from here.
	to, _ := d.Machine.next(s.flow(track), PendingVerification, newest.Attempted)
	events := []Event{
		StatusChanged{
			StepID: track.StepID, Service: newest.Service, Trigger: newest.Attempted,
			From: PendingVerification, To: to, Reason: newest.Reason, Cause: CauseHealed, Flag: newest.Position,
		},
		FlagResolved{StepID: track.StepID, Flag: newest.Position, Resolution: ResolvedHealed, By: HealedBy},
	}
	for _, flag := range held[:len(held)-1] {
		events = append(events, FlagResolved{
			StepID: track.StepID, Flag: flag.Position, Resolution: ResolvedSuperseded, By: HealedBy,
		})
	}
	return events
}

// healable returns the track's open premature flags, oldest first, that are
// newer than its last reset and its last result, and that this report is late
// for: provably, by its attempt count, or by coming within the heal window of
// the flag. An approval that was held before the provider asked for another
// submission must not be applied by that submission.
func (d Decider) healable(s *Session, track Track, r Report, now time.Time) []Flag {
	window := d.Rules.HealWindow
	var held []Flag
	for _, flag := range s.state.Flags {
		// Two reports of one transaction have the same time: without a window
		// that is no evidence.
		late := r.Attempt > 1 || window > 0 && now.Sub(flag.At) <= window
		if flag.StepID == track.StepID && flag.Violation == Premature && flag.Position > track.SettledAt && late {
			held = append(held, flag)
		}
	}
	return held
}
