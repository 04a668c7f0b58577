package query

import (
	"context"

	"dossier/application/eventlog"
)

// EventList is one page of events in order.
type EventList struct {
	Events []eventlog.Recorded
	// Next is where the next page goes on: a version for a timeline, a position
	// for the log.
	Next     int64
	Position int64 // of the head of the log
}

// Timeline returns a session's events after a version, in order. It returns
// ErrNoSuchSession or a *StaleError.
func (r *Reads) Timeline(ctx context.Context, stream eventlog.Stream, afterVersion int64, limit int, fresh Fresh) (EventList, error) {
	position, err := r.awaitLog(ctx, fresh)
	if err != nil {
		return EventList{Position: position}, err
	}
	events, err := r.log.ReadStream(ctx, stream, afterVersion, limit)
	if err != nil {
		return EventList{}, err
	}
	list := EventList{Events: events, Next: afterVersion, Position: position}
	if len(events) > 0 {
		list.Next = events[len(events)-1].Version
		return list, nil
	}
	// Nothing new and never existed are different answers.
	first, err := r.log.ReadStream(ctx, stream, 0, 1)
	if err == nil && len(first) == 0 {
		err = ErrNoSuchSession
	}
	return list, err
}
