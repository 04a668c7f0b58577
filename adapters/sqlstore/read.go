package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// filterWindow is how many positions a filtered read looks through at most.
const filterWindow = 20_000

const (
	selectHead = `SELECT coalesce(max(position), 0) FROM events`

	selectAll = `SELECT position, event_id, stream, version, type, data, metadata, recorded_at
FROM events WHERE position > $1 ORDER BY position LIMIT $2`

	selectFiltered = `SELECT position, event_id, stream, version, type, data, metadata, recorded_at
FROM events WHERE position > $1 AND position <= $2
  AND ($3 = '' OR substr(stream, 1, length($3) + 1) = $3 || '/')
  AND ($4 = '' OR type = $4)
ORDER BY position LIMIT $5`

	selectStream = `SELECT position, event_id, stream, version, type, data, metadata, recorded_at
FROM events WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3`

	selectOne = `SELECT position, event_id, stream, version, type, data, metadata, recorded_at
FROM events WHERE position = $1`
)

// Head implements [eventlog.Reader].
func (s *Store) Head(ctx context.Context) (int64, error) {
	position, err := s.certainHead(ctx)
	return position, s.readError("read the head", err)
}

// ReadAll implements [eventlog.Reader].
func (s *Store) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	if events, ok := s.tail.after(after, limit); ok {
		return events, nil
	}
	limit, err := s.giveable(ctx, after, limit)
	if err != nil || limit == 0 {
		return nil, s.readError("read the head", err)
	}
	events, err := s.readEvents(ctx, limit, selectAll, after, limit)
	return events, s.readError("read the log", err)
}

// ReadBehind implements [eventlog.Reader]. The event of the place is read by the
// same statement: of two, each could meet another server.
func (s *Store) ReadBehind(ctx context.Context, at eventlog.Place, limit int) ([]eventlog.Recorded, error) {
	if at.EventID == "" {
		return s.ReadAll(ctx, at.Position, limit)
	}
	if events, ok := s.tail.behind(at, limit); ok {
		return events, nil
	}
	limit, err := s.giveable(ctx, at.Position, limit)
	if err != nil {
		return nil, s.readError("read the head", err)
	}
	events, err := s.readEvents(ctx, limit+1, selectAll, at.Position-1, limit+1)
	if err != nil {
		return nil, s.readError("read the log", err)
	}
	if len(events) == 0 || events[0].EventID != at.EventID {
		return nil, fmt.Errorf("position %d: %w", at.Position, eventlog.ErrOtherHistory)
	}
	return events[1:], nil
}

// ReadFiltered implements [eventlog.Reader].
func (s *Store) ReadFiltered(ctx context.Context, f eventlog.Filter, after int64, limit int) ([]eventlog.Recorded, int64, error) {
	// The head is read first: events that come later were not looked at.
	head, err := s.Head(ctx)
	if err != nil {
		return nil, after, err
	}
	last := max(after, min(head, after+filterWindow))
	switch {
	case limit < 1:
		return nil, after, nil
	case !storable(string(f.App)) || !storable(f.Type):
		return nil, last, nil // no event has such an app or type
	}
	events, err := s.readEvents(ctx, limit, selectFiltered, after, last, string(f.App), f.Type, limit)
	if err != nil {
		return nil, after, s.readError("read the log", err)
	}
	if len(events) == limit {
		last = events[limit-1].Position
	}
	return events, last, nil
}

// ReadStream implements [eventlog.Reader].
func (s *Store) ReadStream(ctx context.Context, stream eventlog.Stream, afterVersion int64, limit int) ([]eventlog.Recorded, error) {
	if !storable(stream.Key()) || strings.Contains(string(stream.App), "/") {
		return nil, nil // no stream has such a name
	}
	events, err := s.readEvents(ctx, limit, selectStream, stream.Key(), afterVersion, limit)
	if err == nil {
		events, err = s.given(ctx, events)
	}
	return events, s.readError("read a stream", err)
}

// ReadOne implements [eventlog.Reader].
func (s *Store) ReadOne(ctx context.Context, position int64) (eventlog.Recorded, error) {
	events, err := s.readEvents(ctx, 1, selectOne, position)
	if err == nil {
		events, err = s.given(ctx, events)
	}
	if err == nil && len(events) == 0 {
		err = eventlog.ErrNotFound
	}
	if err != nil {
		return eventlog.Recorded{}, s.readError("read an event", err)
	}
	return events[0], nil
}

// readError tells a database that is away from any other fault.
func (s *Store) readError(attempted string, err error) error {
	return failedAs(s.dialect.Classify, attempted, err)
}

func failedAs(classify func(error) Class, attempted string, err error) error {
	if err == nil {
		return nil
	}
	switch classify(err) {
	case Unavailable:
		return fmt.Errorf("%s: %w: %w", attempted, eventlog.ErrUnavailable, err)
	case Unreplicated:
		return fmt.Errorf("%s: %w: %w", attempted, eventlog.ErrNotReplicated, err)
	}
	return wrap(attempted, err)
}

func (s *Store) readEvents(ctx context.Context, limit int, query string, args ...any) ([]eventlog.Recorded, error) {
	events := make([]eventlog.Recorded, 0, min(limit, filterWindow))
	err := each(ctx, preparedReads{s}, func(rows *sql.Rows) error {
		e, err := scanEvent(rows)
		events = append(events, e)
		return err
	}, query, args...)
	return events, err
}

func scanEvent(rows *sql.Rows) (e eventlog.Recorded, err error) {
	var key string
	var micros int64
	if err := rows.Scan(&e.Position, &e.EventID, &key, &e.Version, &e.Type, &e.Data, &e.Metadata, &micros); err != nil {
		return e, err
	}
	e.RecordedAt = codec.TimeOf(micros)
	if e.Stream, err = eventlog.ParseStream(key); err != nil {
		return e, fmt.Errorf("event at position %d: %w", e.Position, err)
	}
	if e.Event, err = codec.Decode(e.Type, e.Data); err != nil {
		return e, fmt.Errorf("event at position %d: %w", e.Position, err)
	}
	return e, nil
}

// queryer is a pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls scan for every row. It returns an error rather than a part of the
// rows.
func each(ctx context.Context, db queryer, scan func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stream builds a stream of two columns.
func stream(app, session string) eventlog.Stream {
	return eventlog.Stream{App: kyc.App(app), Session: kyc.SessionID(session)}
}
