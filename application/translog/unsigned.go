package translog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// Standing is how far the signatures are behind the log.
type Standing struct {
	Head     int64     // the log's last position
	Signed   int64     // how many events the newest checkpoint covers
	SignedAt time.Time // zero if nothing was ever signed
	// Since is when the first event was recorded that no checkpoint covers; zero
	// if there is none.
	Since time.Time
}

// readsStanding is what a standing is read from.
type readsStanding interface {
	LatestSigned(ctx context.Context) (latest Signed, found bool, err error)
	Head(ctx context.Context) (int64, error)
	ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error)
}

// ReadStanding reads how far the signatures are. The errors are those of the
// log and the store.
func ReadStanding(ctx context.Context, store readsStanding) (s Standing, err error) {
	latest, _, err := store.LatestSigned(ctx)
	if err != nil {
		return s, err
	}
	s.Signed, s.SignedAt = latest.Size, latest.At
	// After the checkpoint, so that it is never behind one that is right.
	if s.Head, err = store.Head(ctx); err != nil || s.Head <= s.Signed {
		return s, err
	}
	first, err := store.ReadOne(ctx, s.Signed+1)
	if errors.Is(err, eventlog.ErrNotFound) {
		return s, nil
	}
	s.Since = first.Clock()
	return s, err
}

// signingLimit is how long an event may wait for a signature before that is a
// fault: a sealer that works signs every second.
const signingLimit = time.Minute

// ErrUnsigned: events have waited too long for a signature.
var ErrUnsigned = errors.New("the log is not being signed")

// Check returns ErrUnsigned, with positions and times, if events have waited
// too long for a signature.
func (s Standing) Check(now time.Time) error {
	switch {
	case s.Head < s.Signed:
		return fmt.Errorf("%w: checkpoints cover %d events, and the log has %d", ErrUnsigned, s.Signed, s.Head)
	case s.Since.IsZero() || now.Sub(s.Since) < signingLimit:
		return nil
	}
	return fmt.Errorf("%w: position %d has waited for %s", ErrUnsigned, s.Signed+1, now.Sub(s.Since).Truncate(time.Second))
}
