package sqlstore

import (
	"context"

	"dossier/application/eventlog"
)

// confirmSeen says whether all that was seen until now is where it must be, for
// what has no place in the log. It makes a commit to find out, unless no server
// must have it.
func (s *Store) confirmSeen(ctx context.Context) bool {
	if s.dialect.Confirm == "" {
		return true
	}
	if s.Replicated() != nil {
		return false
	}
	var names string
	if err := s.scanPrepared(ctx, s.dialect.Standbys, nil, &names); err != nil || names == "" {
		return err == nil
	}
	ctx, cancel := context.WithTimeout(ctx, confirmPatience)
	defer cancel()
	_, err := s.confirmVisible(ctx, true)
	if s.dialect.Classify(err) == Unreplicated {
		s.unconfirmed(s.confirmed.at(), err)
	}
	return err == nil
}

// visible returns the position of the last event that can be seen, confirmed or
// not.
func (s *Store) visible(ctx context.Context) (head int64, err error) {
	var certain int64
	known := s.history.known() // before: more may be committed while the answer is on its way
	if err := s.scanPrepared(ctx, s.dialect.Head, nil, &head, &certain); err != nil {
		return 0, err
	}
	if err := s.current(known, head); err != nil {
		return 0, err
	}
	s.confirmed.rise(min(certain, head))
	return head, nil
}

// certainHead returns the position of the last event that may be given out.
func (s *Store) certainHead(ctx context.Context) (int64, error) {
	head, err := s.visible(ctx)
	if err != nil || s.confirm(ctx, head) {
		return head, err
	}
	return min(head, s.confirmed.at()), ctx.Err()
}

// giveable returns how many events after a position may be given out, up to a
// limit: positions have no holes. Where the log is confirmed as it is committed
// it is the limit.
func (s *Store) giveable(ctx context.Context, after int64, limit int) (int, error) {
	if s.dialect.Confirm == "" {
		return limit, nil
	}
	certain := s.confirmed.at()
	if certain-after < int64(limit) {
		var err error
		if certain, err = s.certainHead(ctx); err != nil {
			return 0, err
		}
	}
	return int(max(0, min(int64(limit), certain-after))), nil
}

// given leaves out the events that may not be given out. They are in the order
// of their positions.
func (s *Store) given(ctx context.Context, events []eventlog.Recorded) ([]eventlog.Recorded, error) {
	n := len(events)
	if s.dialect.Confirm == "" || n == 0 || events[n-1].Position <= s.confirmed.at() {
		return events, nil
	}
	certain, err := s.certainHead(ctx)
	for n > 0 && events[n-1].Position > certain {
		n--
	}
	return events[:n], err
}
