package eventlog

import (
	"context"
	"time"

	"dossier/domain/kyc"
)

// Filter picks events of the log. The zero value picks all.
type Filter struct {
	App  kyc.App
	Type string
}

// Place is where somebody stands in the log: behind an event.
type Place struct {
	Position int64
	// EventID is the id of the event at the position, as it was read. Empty: it is
	// not known, or there is none, at 0.
	EventID string
}

// Cut is what a server found out that the log has lost.
type Cut struct {
	// Had is the last event that was known to be committed, or the last that the
	// note commits to; then its id is not known.
	Had Place
	// Head is where the log ended when that was noticed, with whatever had been
	// appended since.
	Head Place
	Note []byte // a signed checkpoint that the log does not begin with; else nil
	At   time.Time
}

// Covers says whether an event at a position may have been lost by it.
func (c Cut) Covers(position int64) bool {
	return position <= c.Had.Position && (position > c.Head.Position || c.Head.Position >= c.Had.Position)
}

// Reader reads the log.
type Reader interface {
	// ReadAll returns up to limit events after a position, in position order.
	// None are returned at the head.
	ReadAll(ctx context.Context, after int64, limit int) ([]Recorded, error)
	// ReadBehind is ReadAll after a place. It returns ErrOtherHistory if the log does
	// not have the event of that place, so that who goes on there has missed
	// nothing. A limit of 0 only checks that.
	ReadBehind(ctx context.Context, at Place, limit int) ([]Recorded, error)
	// ReadFiltered is ReadAll for the events that a filter picks. It looks at a
	// bounded number of events and returns the position up to which it did:
	// the next call goes on from there.
	ReadFiltered(ctx context.Context, f Filter, after int64, limit int) (events []Recorded, scanned int64, err error)
	// ReadStream returns up to limit events of a stream after a version, in
	// version order. None are returned for a stream that does not exist.
	ReadStream(ctx context.Context, s Stream, afterVersion int64, limit int) ([]Recorded, error)
	// ReadOne returns the event at a position, or ErrNotFound.
	ReadOne(ctx context.Context, position int64) (Recorded, error)
	// Head returns the position of the last event; 0 if there is none.
	Head(ctx context.Context) (int64, error)
}

// Signal tells that the log may have grown. It is a hint and never the truth:
// read before waiting, and do not wait for ever.
type Signal interface {
	// Changed returns a channel that is closed when the log grows after the
	// call.
	Changed() <-chan struct{}
}

// Pause lets some time pass. It returns false, at once, when ctx ends first.
func Pause(ctx context.Context, d time.Duration) bool {
	Wait(ctx, nil, d)
	return ctx.Err() == nil
}

// Wait returns when a channel of a Signal is closed, the time has passed or ctx
// ends. A nil channel is never closed.
func Wait(ctx context.Context, changed <-chan struct{}, limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-changed:
	case <-timer.C:
	}
}
