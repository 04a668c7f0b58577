package eventlog

import (
	"context"
	"errors"
	"time"

	"dossier/domain/kyc"
)

var (
	// ErrBusy: the queue of the log is full. Nothing was written; try later.
	ErrBusy = errors.New("the event log is busy")
	// ErrUnavailable: the database can't be written to, or read, now. Nothing
	// was written; try later.
	ErrUnavailable = errors.New("the event log is unavailable")
	// ErrOutcomeUnknown: the commit was sent, but its answer did not come. The
	// events may have been stored: send the same delivery again.
	ErrOutcomeUnknown = errors.New("the outcome of the append is unknown")
	// ErrNotReplicated: a synchronous standby must have what is written, and none
	// has confirmed it. The events may have been stored, and a failover may lose
	// them: send the same delivery again. Nobody is given them meanwhile.
	ErrNotReplicated = errors.New("no synchronous standby has confirmed what was written")
	// ErrClosed: the log is shutting down. Nothing was written; try later.
	ErrClosed = errors.New("the event log is closed")
	// ErrUnstorable: the events hold text that no database stores alike (NUL,
	// invalid UTF-8), or ids that are too long to be indexed. Nothing was
	// written, and trying again does not help.
	ErrUnstorable = errors.New("the event can't be stored")
	// ErrBehind: the database that answers lacks events that are known to be
	// committed: it is a server that was left behind, or the log was cut back.
	// Nothing is told from it; try later.
	ErrBehind = errors.New("the database is behind what is known to be committed")
	// ErrOtherHistory: the log does not hold the event that was read from it
	// before: a failover or a backup has replaced its history. What was derived
	// from that event is not stored; read again.
	ErrOtherHistory = errors.New("the log holds another event now, its history was replaced")
	// ErrNotFound: there is no event at that position.
	ErrNotFound = errors.New("no such event")
)

// Longest ids in bytes that every database can index.
const (
	MaxSessionID  = 512
	MaxDeliveryID = 512
)

// Delivery identifies what was delivered, so that it is stored only once. The
// id is the provider's and belongs to the stream's app.
type Delivery struct {
	ID     string
	SHA256 [32]byte // of the delivered bytes
}

// Head is where a stream stands while a decision is made.
type Head struct {
	// Session is the stream folded so far. It must not be changed.
	Session *kyc.Session
	// Now is the time at which the decision's events will be recorded.
	Now time.Time
	// Conflict says that the delivery id is known with other bytes.
	Conflict bool
}

// Decide returns the events to append to a stream, or an error to append
// nothing. It runs under the log's lock and sees every event before its own; it
// may run again if the batch that it stood in could not be written.
type Decide func(Head) ([]kyc.Event, error)

// Request is one append.
type Request struct {
	Stream   Stream
	Delivery *Delivery // nil: not deduplicated
	Metadata Metadata  // of the first event; the others name that as their cause
	Decide   Decide
}

// Receipt says what an append wrote.
type Receipt struct {
	// Duplicate says that the delivery was stored before with the same bytes:
	// nothing was written, and the other fields are those of the first time.
	Duplicate bool
	Position  int64 // of the first event
	Version   int64 // of the first event, in its stream
	Last      int64 // the position of the last event
}

// Appender appends to the log.
type Appender interface {
	// Append runs the decision and returns once its events are durable. A
	// decision that returns no events, an error, or panics writes nothing and
	// disturbs no other append; its error is returned as it is. Else the errors
	// are those of this package. When ctx ends first, its error is returned and
	// the events may or may not be stored.
	Append(ctx context.Context, r Request) (Receipt, error)
}
