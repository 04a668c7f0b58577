package storetest_test

import (
	"context"
	"strings"

	"dossier/application/eventlog"
)

// pick returns up to limit events that match, in order.
func (s *store) pick(limit int, match func(eventlog.Recorded) bool) []eventlog.Recorded {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	var picked []eventlog.Recorded
	for _, e := range s.db.events {
		if s.db.lacks(e.Position) && s.db.fault != showsUnreplicated {
			break
		}
		if len(picked) >= limit {
			break
		}
		if match(e) {
			picked = append(picked, e)
		}
	}
	return picked
}

func (s *store) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	if s.db.fault == ignoresLimit {
		limit += 100
	}
	return s.pick(limit, func(e eventlog.Recorded) bool { return e.Position > after }), nil
}

// window is how many positions a filtered read looks through.
const window = 5000

func (s *store) ReadFiltered(ctx context.Context, f eventlog.Filter, after int64, limit int) ([]eventlog.Recorded, int64, error) {
	head, err := s.Head(ctx)
	if limit == 0 {
		return nil, after, err
	}
	last := max(after, head)
	if after < head-window {
		last = after + window
	}
	events := s.pick(limit, func(e eventlog.Recorded) bool {
		app := f.App == "" || e.Stream.App == f.App
		if s.db.fault == prefixOfApp {
			app = strings.HasPrefix(e.Stream.Key(), string(f.App))
		}
		return app && e.Position > after && e.Position <= last && (f.Type == "" || e.Type == f.Type)
	})
	switch {
	case len(events) == limit && s.db.fault != looksPastLimit:
		last = events[limit-1].Position
	case s.db.fault == looksAtOnceOnly:
		last = max(after, head)
	}
	return events, last, err
}

func (s *store) ReadBehind(ctx context.Context, at eventlog.Place, limit int) ([]eventlog.Recorded, error) {
	if at.EventID != "" && s.db.fault != ignoresPlace {
		if e, err := s.ReadOne(ctx, at.Position); err != nil || e.EventID != at.EventID {
			return nil, eventlog.ErrOtherHistory
		}
	}
	return s.ReadAll(ctx, at.Position, limit)
}

func (s *store) ReadStream(_ context.Context, stream eventlog.Stream, after int64, limit int) ([]eventlog.Recorded, error) {
	return s.pick(limit, func(e eventlog.Recorded) bool {
		same := e.Stream == stream
		if s.db.fault == ignoresCase {
			same = strings.EqualFold(e.Stream.Key(), stream.Key())
		}
		return same && e.Version > after
	}), nil
}

func (s *store) ReadOne(_ context.Context, position int64) (eventlog.Recorded, error) {
	events := s.pick(1, func(e eventlog.Recorded) bool { return e.Position == position })
	if len(events) == 0 {
		if s.db.fault == findsNothing {
			return eventlog.Recorded{}, nil
		}
		return eventlog.Recorded{}, eventlog.ErrNotFound
	}
	return events[0], nil
}

func (s *store) Head(context.Context) (int64, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	if len(s.db.events) == 0 {
		return 0, nil
	}
	if s.db.away {
		return min(s.db.certain, s.db.events[len(s.db.events)-1].Position), nil
	}
	return s.db.events[len(s.db.events)-1].Position, nil
}
