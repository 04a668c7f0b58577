package query

import (
	"context"

	"dossier/application/eventlog"
)

// Events returns events of the log after a position, in order. A page can hold
// fewer than limit, even none, before the head is reached: Next says how far
// the log was looked through. It returns a *StaleError.
func (r *Reads) Events(ctx context.Context, f eventlog.Filter, after int64, limit int, fresh Fresh) (EventList, error) {
	position, err := r.awaitLog(ctx, fresh)
	if err != nil {
		return EventList{Position: position}, err
	}
	events, scanned, err := r.log.ReadFiltered(ctx, f, after, limit)
	return EventList{Events: events, Next: scanned, Position: position}, err
}
