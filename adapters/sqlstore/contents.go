package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/codec"
	"dossier/application/translog"
)

// ErrNotWhole: what was read of a log is not all of it, or contradicts itself.
var ErrNotWhole = errors.New("the log is not whole")

// Contents is how much a log holds, for a copy of it.
type Contents struct {
	Head     int64     // the last position
	At       time.Time // when it was recorded; zero without events
	Accesses int64     // entries of the access log
	Sealed   int64     // events in the tree
	Signed   translog.Signed
}

const selectContents = `SELECT (SELECT count(*) FROM events), (SELECT coalesce(min(position), 1) FROM events),
  (SELECT coalesce(max(position), 0) FROM events), (SELECT coalesce(max(recorded_at), 0) FROM events),
  (SELECT count(*) FROM access_log), (SELECT coalesce(max(number), 0) FROM access_log)`

// Contents reads how much the log holds, and whether it is whole: positions and
// numbers have no holes, and the stored tree is the one that the newest
// checkpoint commits to. It returns ErrNotWhole. What is in the events is for
// [audit.Verifier].
func (s *Store) Contents(ctx context.Context) (c Contents, err error) {
	var events, first, micros, last int64
	err = s.pools.Reads.QueryRowContext(ctx, selectContents).Scan(&events, &first, &c.Head, &micros, &c.Accesses, &last)
	if err != nil {
		return c, s.readError("read how much the log holds", err)
	}
	if micros > 0 {
		c.At = codec.TimeOf(micros)
	}
	err = s.contentsOfTree(ctx, &c) // also of a log that is not whole: what was signed must not be forgotten
	switch {
	case events != c.Head || first != 1:
		return c, fmt.Errorf("%w: it has %d events up to position %d", ErrNotWhole, events, c.Head)
	case c.Accesses != last:
		return c, fmt.Errorf("%w: the access log has %d entries up to number %d", ErrNotWhole, c.Accesses, last)
	}
	return c, err
}

func (s *Store) contentsOfTree(ctx context.Context, c *Contents) (err error) {
	if c.Sealed, err = s.Sealed(ctx); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var found bool
	if c.Signed, found, err = s.LatestSigned(ctx); err != nil || !found {
		return err
	}
	signed, err := translog.Unverified(c.Signed.Note)
	if err != nil {
		return fmt.Errorf("%w: its newest checkpoint: %w", ErrNotWhole, err)
	}
	if max(signed.Size, c.Sealed) > c.Head || signed.Size > c.Sealed {
		return fmt.Errorf("%w: %d events, %d in the tree, %d in the newest checkpoint", ErrNotWhole, c.Head, c.Sealed, signed.Size)
	}
	root, err := translog.NewTree(s).Root(ctx, signed.Size)
	if err != nil {
		return fmt.Errorf("%w: the tree: %w", ErrNotWhole, err)
	}
	if root != signed.Root {
		return fmt.Errorf("%w: the tree is not the one that the checkpoint of %d events commits to", ErrNotWhole, signed.Size)
	}
	return nil
}

// Common returns up to which position the logs of two stores are the same, by
// the ids of their events.
func Common(ctx context.Context, a, b *Store) (int64, error) {
	headA, err := a.Head(ctx)
	if err != nil {
		return 0, err
	}
	headB, err := b.Head(ctx)
	if err != nil {
		return 0, err
	}
	// Who agrees at a position agrees before it.
	same, different := int64(0), min(headA, headB)+1
	for same+1 < different {
		middle := (same + different) / 2
		idA, err := a.eventID(ctx, middle)
		if err != nil {
			return 0, err
		}
		idB, err := b.eventID(ctx, middle)
		if err != nil {
			return 0, err
		}
		if idA == idB {
			same = middle
		} else {
			different = middle
		}
	}
	return same, nil
}

func (s *Store) eventID(ctx context.Context, position int64) (id string, err error) {
	err = s.pools.Reads.QueryRowContext(ctx, selectEventID, position).Scan(&id)
	return id, s.readError("read an event's id", err)
}
