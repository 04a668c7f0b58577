package accesslog

import (
	"context"
	"errors"
)

// Longest texts in bytes that every database can hold, and index.
const (
	MaxName   = 512 // of an actor, an action, an app or a session
	MaxDetail = 4000
)

// ErrUnstorable: an entry has a text with NUL or invalid UTF-8, one that is too
// long, or no actor, action or known door. Nothing was written.
var ErrUnstorable = errors.New("the access can't be recorded as it is")

// Recorder writes the access log.
type Recorder interface {
	// Record returns nil when the entry is durable, and ErrUnstorable for one that
	// never will be. After any other error it may be there or not: what it is
	// about must not be shown.
	Record(ctx context.Context, e Entry) error
}

// Reader reads the access log.
type Reader interface {
	// ReadAccess returns up to limit entries after a number, in order: those of
	// an actor, or of all if the name is empty.
	ReadAccess(ctx context.Context, actor string, after int64, limit int) ([]Recorded, error)
}

// Log is both.
type Log interface {
	Recorder
	Reader
}
