package relay

import (
	"context"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// Deferred is a message that a receiver has not accepted yet.
type Deferred struct {
	Position int64 // of its event
	Stream   eventlog.Stream
	Attempts int       // 0: it waits behind another of its session, or was replayed
	Due      time.Time // when it is tried again; zero: it is parked
	Since    time.Time // when it was deferred
	// Reason is why the last attempt failed: neither the receiver's URL, nor text
	// of the message, nor the session's id.
	Reason string
}

// Parked says that only a person lets it be tried again.
func (d Deferred) Parked() bool { return d.Due.IsZero() }

// Deferrals keeps deferred messages while pages are sent.
type Deferrals interface {
	Retries
	// Blocked returns those of the streams of which messages are deferred.
	Blocked(ctx context.Context, relay string, streams []eventlog.Stream) ([]eventlog.Stream, error)
	// Settle moves the group of a relay and stores deferred messages, both or
	// neither. Those that are stored already stay as they are. It returns
	// [consumer.ErrLost].
	Settle(ctx context.Context, m consumer.Move, deferred []Deferred) error
}

// Retries keeps deferred messages while they are tried again.
type Retries interface {
	// Due returns up to limit deferred messages that are due, and the first of
	// their sessions; the longest due first. One that is due after latest is due now:
	// the clock that said so was ahead.
	Due(ctx context.Context, relay string, now, latest time.Time, limit int) ([]Deferred, error)
	// Accepted forgets a message, and returns the first that is left of its
	// session; found is false if none is.
	Accepted(ctx context.Context, relay string, d Deferred) (next Deferred, found bool, err error)
	// Refused stores the attempts, due time and reason of a message, unless
	// another attempt was stored before.
	Refused(ctx context.Context, relay string, d Deferred) error
}

// DeferredStore keeps deferred messages.
type DeferredStore interface {
	Deferrals
	Parking
}

// Parking is the deferred messages as a person sees them. It does not matter
// whether a relay is running.
type Parking interface {
	// Parked returns up to limit parked messages after a position, by position.
	Parked(ctx context.Context, relay string, after int64, limit int) ([]Deferred, error)
	// Replay makes those of the parked messages due now, as if they were never
	// tried, and returns how many. After eventlog.ErrNotReplicated a failover may undo
	// it.
	Replay(ctx context.Context, relay string, positions []int64) (int, error)
	// ReplayAll does so with all parked messages.
	ReplayAll(ctx context.Context, relay string) (int, error)
	// Backlogs returns how many messages are deferred, for each relay that has
	// any, by name.
	Backlogs(ctx context.Context) ([]Backlog, error)
}

// Backlog is how many messages of a relay are deferred.
type Backlog struct {
	Relay   string
	Waiting int // to be tried again, or behind another of their session
	Parked  int
}
