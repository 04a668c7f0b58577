package replay

import (
	"context"
	"errors"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// ErrNotWhole: the log has a hole, or an event that can't follow those before
// it. What was folded of it is not told.
var ErrNotWhole = errors.New("the log is not whole")

// Row is an event as it is stored, with as much of it as folding needs.
type Row struct {
	Position   int64
	Stream     string // its key, which holds a credential
	Version    int64
	Type       string
	Data       string
	RecordedAt time.Time
	Clocked    string // the metadata, if a clock's reading is in it; else empty
}

// mark returns where the event stands, for folding.
func (r Row) mark() kyc.Mark {
	return kyc.Mark{Position: r.Position, Version: r.Version, At: eventlog.ClockOf(r.Clocked, r.RecordedAt)}
}

// Log is what a fold reads.
type Log interface {
	// Head returns the position of the last event; 0 if there is none.
	Head(ctx context.Context) (int64, error)
	// ReadRows returns all events after a position, through another, in position
	// order: those of one app, or of all if it is empty.
	ReadRows(ctx context.Context, app kyc.App, after, through int64) ([]Row, error)
}
