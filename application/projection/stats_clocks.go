package projection

import (
	"context"
	"slices"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// Waiting is a track whose last submission has not been decided.
type Waiting struct {
	Stream eventlog.Stream
	StepID kyc.StepID
	Since  time.Time // when its last document was handed in
}

// clocks follow the tracks that wait through a page of events. The lists are
// never changed in place: those of before are the cache's.
type clocks struct {
	streams     []eventlog.Stream // in the order of their first event
	before, now map[eventlog.Stream][]Waiting
}

// clocksOf returns the clocks of all streams whose events start or stop any.
func (p *Stats) clocksOf(ctx context.Context, tx Tx, events []eventlog.Recorded) (clocks, error) {
	c := clocks{before: map[eventlog.Stream][]Waiting{}, now: map[eventlog.Stream][]Waiting{}}
	var missing []eventlog.Stream
	for _, e := range events {
		if _, known := c.before[e.Stream]; known || !moves(e.Event) && e.Version > 1 {
			continue
		}
		tracks, kept := p.waiting.Get(e.Stream)
		c.streams, c.before[e.Stream] = append(c.streams, e.Stream), tracks
		if !kept && e.Version > 1 { // else it has no past that could wait
			missing = append(missing, e.Stream)
		}
	}
	if len(missing) > 0 {
		loaded, err := tx.LoadWaiting(ctx, missing)
		if err != nil {
			return c, err
		}
		for _, w := range loaded {
			c.before[w.Stream] = append(c.before[w.Stream], w)
		}
	}
	for stream, tracks := range c.before {
		c.now[stream] = tracks
	}
	return c, nil
}

// moves says whether an event starts or stops a clock.
func moves(e kyc.Event) bool {
	switch event := e.(type) {
	case kyc.StatusChanged:
		return event.From == kyc.PendingVerification || event.To == kyc.PendingVerification
	case kyc.SessionReset:
		return true
	default:
		return false
	}
}

// event starts and stops clocks. A submission that only the provider's API told
// of starts none: nobody knows when it was. If the event is a decision that the
// provider reported it tells how long that took.
func (c clocks) event(e eventlog.Recorded) (took time.Duration, decided bool) {
	if !moves(e.Event) {
		return 0, false
	}
	change, ok := e.Event.(kyc.StatusChanged)
	if !ok {
		c.now[e.Stream] = nil // a reset of the whole session
		return 0, false
	}
	tracks := c.now[e.Stream]
	i := slices.IndexFunc(tracks, func(w Waiting) bool { return w.StepID == change.StepID })
	var since time.Time
	if i >= 0 {
		since = tracks[i].Since
		tracks = slices.Delete(slices.Clone(tracks), i, i+1)
	}
	if change.To == kyc.PendingVerification && change.Cause != kyc.CauseReconciled {
		tracks = append(slices.Clip(tracks), Waiting{e.Stream, change.StepID, e.Clock()})
	}
	c.now[e.Stream] = tracks
	return e.Clock().Sub(since), i >= 0 && timed(change)
}

// timed says whether a change ends a time to a decision. What was healed had
// been decided before its submission arrived, what a person accepted waited for
// that person, and what was reconciled waited until we asked: none of them tells
// how long the provider took.
func timed(change kyc.StatusChanged) bool {
	switch change.To {
	case kyc.Approved, kyc.ResubmissionRequired, kyc.Rejected:
		return change.Cause == kyc.CauseReported
	default:
		return false
	}
}

// changes returns what became of the tracks: those that wait now, or since
// another time, and those that do no longer.
func (c clocks) changes() (waiting, decided []Waiting) {
	for _, stream := range c.streams {
		before, now := c.before[stream], c.now[stream]
		for _, w := range now {
			if !slices.Contains(before, w) {
				waiting = append(waiting, w)
			}
		}
		for _, w := range before {
			if !slices.ContainsFunc(now, func(o Waiting) bool { return o.StepID == w.StepID }) {
				decided = append(decided, w)
			}
		}
	}
	return waiting, decided
}
