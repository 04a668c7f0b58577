package reconcile

import (
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// mostQuiet bounds for how many quiet times a session is put off by events that
// keep coming.
const mostQuiet = 12

// need is that a session needs a look.
type need struct {
	stream eventlog.Stream
	first  int64     // the first event because of which
	begun  time.Time // when that was recorded
	last   int64     // the last event because of which
	due    time.Time
	asked  int64 // what last was when the provider was asked; 0: it is not being asked
	tries  int   // that failed by its own fault
	failed int   // how many answers of others there had been when it failed last, and one; 0: it did not
}

// agenda is the sessions that need a look, of a part of the log. It is for one
// goroutine.
type agenda struct {
	quiet   time.Duration
	through int64 // the position up to which the log was read
	needs   map[eventlog.Stream]*need
	// ahead are the positions of snapshots that were recorded behind through: the
	// events before them need no further one.
	ahead map[eventlog.Stream]int64
}

func newAgenda(after int64, quiet time.Duration) agenda {
	return agenda{quiet: quiet, through: after, needs: map[eventlog.Stream]*need{}, ahead: map[eventlog.Stream]int64{}}
}

// read takes the next event of the log, now.
func (a *agenda) read(e eventlog.Recorded, now time.Time, known func(kyc.App) bool) {
	a.through = e.Position
	snapshot, observed := e.Event.(kyc.SnapshotObserved)
	if observed {
		a.observed(e)
	}
	if e.Position < a.ahead[e.Stream] || !asks(e) || !known(e.Stream.App) {
		return
	}
	at := earlier(e.RecordedAt, now) // a clock may have been ahead
	n := a.needs[e.Stream]
	if n == nil {
		n = &need{stream: e.Stream, first: e.Position, begun: at}
		a.needs[e.Stream] = n
	}
	n.last = e.Position
	due := earlier(at.Add(a.quiet), n.begun.Add(mostQuiet*a.quiet))
	if observed {
		due = earlier(snapshot.AskAgain, now.Add(snapshot.AskAgain.Sub(snapshot.AskedAt)))
	}
	n.due = later(n.due, due)
	if urgent(e) {
		n.due = at
	}
}

// observed notes a snapshot, whoever asked for it: it settles what came before. If
// it does not, it is a need itself, in place of those.
func (a *agenda) observed(e eventlog.Recorded) {
	if a.ahead[e.Stream] <= e.Position {
		delete(a.ahead, e.Stream)
	}
	if n := a.needs[e.Stream]; n != nil && n.asked == 0 {
		delete(a.needs, e.Stream)
	}
}

// take returns the session to ask for now that has been due for longest: one that
// fails for ever comes behind the others each time. If there is none, it returns
// when the next is due; zero if none is.
func (a *agenda) take(now time.Time) (n *need, next time.Time) {
	for _, other := range a.needs {
		switch {
		case other.asked != 0:
		case other.due.After(now):
			if next.IsZero() || other.due.Before(next) {
				next = other.due
			}
		case n == nil || other.due.Before(n.due) || other.due.Equal(n.due) && other.first < n.first:
			n = other
		}
	}
	if n != nil {
		n.asked = n.last
	}
	return n, next
}

// settle notes that a session was looked at, and that its snapshot is at a
// position; 0 if none was recorded. What came later needs another look, and so
// does a snapshot that asks for one.
func (a *agenda) settle(n *need, snapshot int64, again bool) {
	through := max(n.asked, snapshot)
	switch {
	case snapshot > a.through:
		a.ahead[n.stream] = snapshot // it will be read
	case again:
		through = snapshot - 1
	}
	if n.last <= through {
		delete(a.needs, n.stream)
		return
	}
	n.first, n.asked, n.tries, n.failed = through+1, 0, 0, 0
}

// again puts a session off.
func (a *agenda) again(n *need, due time.Time) { n.asked, n.due = 0, later(n.due, due) }

// settled returns the position up to which no session needs a look.
func (a *agenda) settled() int64 {
	through := a.through
	for _, n := range a.needs {
		through = min(through, n.first-1)
	}
	return through
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
