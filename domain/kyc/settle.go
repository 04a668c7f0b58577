package kyc

import (
	"slices"
	"time"
)

// DefaultProviderLag is how far the provider's API may lag behind its own reports.
const DefaultProviderLag = 2 * time.Minute

// leastWait is how soon after a question the provider is asked again, at least.
const leastWait = 5 * time.Second

// Question is when a provider was asked, and how far its answer may lag behind what
// it reported.
type Question struct {
	At       time.Time     // before it was sent
	Settling time.Duration // 0: every answer is believed
}

// Settle decides a snapshot, as [Decider.Reconcile] does, but for what contradicts
// something that was told a moment ago: an answer that may be older than a report
// neither takes an approval away nor gives one. Then the observation alone is
// returned. It says what it contradicts, and when the provider is to be asked
// again: after as long as that was told before, so the waits double, and once when
// it can't be a lag any more. That answer is applied.
//
// An answer that is ahead of what was told is applied at once, and looked at once
// more when it can't be a lag. One that knows no such session, or has a status that
// we do not know, settles nothing, and a moment later may: it is asked for again in
// the same growing waits, for a settling time from the first such answer in a row.
func (d Decider) Settle(s *Session, told Told, snapshot Snapshot, q Question) []Event {
	denying, age := told.newest(q.At, q.Settling, func(t telling) bool { return t.contradicts(snapshot) })
	if denying != nil {
		snapshot.Contradicts, snapshot.AskedAt = denying.position, toMicroseconds(q.At)
		snapshot.AskAgain = q.growing(age)
		return []Event{snapshot}
	}
	events := d.Reconcile(s, snapshot)
	if snapshot.tellsNothing() {
		return told.doubt(snapshot, events, q)
	}
	if differ(events) {
		if other, age := told.newest(q.At, q.Settling, func(t telling) bool { return t.differs(snapshot) }); other != nil {
			snapshot.AskedAt, snapshot.AskAgain = toMicroseconds(q.At), q.again(q.Settling-age)
			events[0] = snapshot
		}
	}
	return events
}

// doubt has an answer that settles nothing asked for again.
func (t *Told) doubt(snapshot Snapshot, events []Event, q Question) []Event {
	age := time.Duration(0)
	if !t.nothing.IsZero() {
		age = max(0, q.At.Sub(t.nothing))
	}
	if age >= q.Settling {
		return events
	}
	snapshot.AskedAt, snapshot.AskAgain = toMicroseconds(q.At), q.growing(age)
	if len(events) == 0 { // it is no news, but when to ask again is
		return []Event{snapshot}
	}
	events[0] = snapshot
	return events
}

// tellsNothing says that a snapshot knows no such session, or shows a status that we
// do not know.
func (s SnapshotObserved) tellsNothing() bool {
	unread := func(status string) bool { _, ok := ParseStatus(status); return !ok }
	return s.Unknown || unread(s.Status) ||
		slices.ContainsFunc(s.Steps, func(step ObservedStep) bool { return unread(step.Status) })
}

// growing returns when to ask again about what was told so long ago: after as long
// as that, so that the waits double, and when it can't be a lag any more.
func (q Question) growing(age time.Duration) time.Time {
	return q.again(min(max(age, leastWait), q.Settling-age))
}

// again returns the time after a wait, to the millisecond above: asked a moment too
// soon, the same answer would come once more.
func (q Question) again(wait time.Duration) time.Time {
	return q.At.Add(wait + time.Millisecond).Truncate(time.Millisecond).UTC()
}

func toMicroseconds(at time.Time) time.Time { return at.Truncate(time.Microsecond).UTC() }

// differ says that a track moves.
func differ(events []Event) bool {
	for _, event := range events {
		switch event.(type) {
		case StatusChanged, SessionReset:
			return true
		}
	}
	return false
}

// differs says that a report told something else of its track than is shown.
func (told telling) differs(s Snapshot) bool {
	shown, _ := s.statusOf(told.step)
	at, ok := ParseStatus(shown)
	return ok && !told.observed && !told.names(at)
}
