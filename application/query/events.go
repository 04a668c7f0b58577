package query

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
)

// LostPlaceError: the log does not have the event that a caller goes on behind: a
// failover or a backup has cut it back since. It is an
// [eventlog.ErrOtherHistory].
type LostPlaceError struct {
	At   eventlog.Place
	Head int64 // of the log as it is now
}

// Error gives both positions.
func (e *LostPlaceError) Error() string {
	return fmt.Sprintf("the event at position %d is another one now, or gone; the head is %d", e.At.Position, e.Head)
}

// Unwrap returns what it is in the log's contract.
func (e *LostPlaceError) Unwrap() error { return eventlog.ErrOtherHistory }

// checkPlace returns a *LostPlaceError unless the log has the event of a place.
func checkPlace(ctx context.Context, log eventlog.Reader, at eventlog.Place, head int64) error {
	if at.EventID == "" {
		return nil
	}
	_, err := log.ReadBehind(ctx, at, 0)
	if errors.Is(err, eventlog.ErrOtherHistory) {
		return &LostPlaceError{At: at, Head: head}
	}
	return err
}

// Events returns events of the log behind a place, in order. A page can hold
// fewer than limit, even none, before the head is reached: Next says how far
// the log was looked through. It returns a *StaleError or a *LostPlaceError.
func (r *Reads) Events(ctx context.Context, f eventlog.Filter, at eventlog.Place, limit int, fresh Fresh) (EventList, error) {
	position, err := r.awaitLog(ctx, fresh)
	if err != nil {
		return EventList{Position: position}, err
	}
	events, scanned, err := r.log.ReadFiltered(ctx, f, at.Position, limit)
	if err == nil { // after reading: what was read is then behind that event
		err = checkPlace(ctx, r.log, at, position)
	}
	return EventList{Events: events, Next: scanned, Position: position}, err
}
