package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

const (
	selectSession = `SELECT app, session_id, kind, status, state FROM sessions WHERE app = $1 AND session_id = $2`

	// The same list three times, for SQLite: it plans without the values, and
	// would not use an index for a condition that may not apply.
	listSessions = `SELECT app, session_id, kind, status, state FROM sessions
WHERE position < $1
  AND ($2 = '' OR app = $2)
  AND ($3 = '' OR status = $3)
  AND ($4 = '' OR kind = $4)
  AND ($5 = '' OR EXISTS (SELECT 1 FROM steps
        WHERE steps.app = sessions.app AND steps.session_id = sessions.session_id AND steps.service = $5))
  AND ($6 = 0 OR open_flags > 0)
  AND ($7 = 0 OR open_flags = 0)
  AND updated_at > $8 AND updated_at < $9
ORDER BY position DESC LIMIT $10`

	listSessionsByStatus = `SELECT app, session_id, kind, status, state FROM sessions
WHERE status = $3 AND position < $1
  AND ($2 = '' OR app = $2)
  AND ($4 = '' OR kind = $4)
  AND ($5 = '' OR EXISTS (SELECT 1 FROM steps
        WHERE steps.app = sessions.app AND steps.session_id = sessions.session_id AND steps.service = $5))
  AND ($6 = 0 OR open_flags > 0)
  AND ($7 = 0 OR open_flags = 0)
  AND updated_at > $8 AND updated_at < $9
ORDER BY position DESC LIMIT $10`

	listFlaggedSessions = `SELECT app, session_id, kind, status, state FROM sessions
WHERE open_flags > 0 AND $6 = 1 AND position < $1
  AND ($2 = '' OR app = $2)
  AND ($3 = '' OR status = $3)
  AND ($4 = '' OR kind = $4)
  AND ($5 = '' OR EXISTS (SELECT 1 FROM steps
        WHERE steps.app = sessions.app AND steps.session_id = sessions.session_id AND steps.service = $5))
  AND ($7 = 0 OR open_flags = 0)
  AND updated_at > $8 AND updated_at < $9
ORDER BY position DESC LIMIT $10`

	listOldestSessions = `SELECT app, session_id, kind, status, state FROM sessions
WHERE status = $1 AND position > $2 ORDER BY position LIMIT $3`
)

// FindSession returns the row of a session; found is false if there is none.
func (s *Store) FindSession(ctx context.Context, stream eventlog.Stream) (row projection.Session, found bool, err error) {
	if !storable(stream.Key()) {
		return row, false, nil // no session has such a name
	}
	err = each(ctx, preparedReads{s}, func(rows *sql.Rows) error {
		row, err = scanSession(rows)
		found = err == nil
		return err
	}, selectSession, string(stream.App), string(stream.Session))
	return row, found, s.readError("find a session", err)
}

// ListSessions returns up to limit rows that the filter picks whose position is
// below a bound, the newest first.
func (s *Store) ListSessions(ctx context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error) {
	if !storable(string(f.App)) || !storable(string(f.Service)) {
		return nil, nil // no row has such a name
	}
	before := int64(math.MaxInt64)
	if !f.UpdatedBefore.IsZero() {
		before = codec.Micros(f.UpdatedBefore)
	}
	var flagged, unflagged int64
	if f.Flagged != nil && *f.Flagged {
		flagged = 1
	} else if f.Flagged != nil {
		unflagged = 1
	}
	list := listSessions
	if flagged == 1 {
		list = listFlaggedSessions
	} else if f.Status != (kyc.Overall{}) {
		list = listSessionsByStatus
	}
	sessions := make([]projection.Session, 0, limit)
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		row, err := scanSession(rows)
		sessions = append(sessions, row)
		return err
	}, list, below, string(f.App), f.Status.String(), f.Kind.String(), string(f.Service),
		flagged, unflagged, codec.Micros(f.UpdatedAfter), before, limit)
	return sessions, s.readError("list sessions", err)
}

// OldestSessions returns up to limit rows of a status whose position is above a
// bound, in the order of their positions.
func (s *Store) OldestSessions(ctx context.Context, status kyc.Overall, above int64, limit int) ([]projection.Session, error) {
	sessions := make([]projection.Session, 0, limit)
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		row, err := scanSession(rows)
		sessions = append(sessions, row)
		return err
	}, listOldestSessions, status.String(), above, limit)
	return sessions, s.readError("list the oldest sessions", err)
}

func scanSession(row *sql.Rows) (projection.Session, error) {
	var app, id, kind, status, stored string
	if err := row.Scan(&app, &id, &kind, &status, &stored); err != nil {
		return projection.Session{}, err
	}
	state, err := codec.DecodeState(stored)
	s := projection.Session{Stream: stream(app, id), State: state}
	var knownKind, knownStatus bool
	s.Kind, knownKind = kyc.ParseKind(kind)
	s.Status, knownStatus = kyc.ParseOverall(status)
	if err == nil && !(knownKind && knownStatus) {
		err = fmt.Errorf("a row of sessions with kind %q and status %q", kind, status)
	}
	return s, err
}

// LoadSessions implements [projection.Tx].
func (m modelTx) LoadSessions(ctx context.Context, streams []eventlog.Stream) (map[eventlog.Stream]kyc.State, error) {
	apps, ids := make(Texts, len(streams)), make(Texts, len(streams))
	for i, s := range streams {
		apps[i], ids[i] = string(s.App), string(s.Session)
	}
	states := make(map[eventlog.Stream]kyc.State, len(streams))
	err := each(ctx, m.tx, func(rows *sql.Rows) error {
		var app, id, stored string
		if err := rows.Scan(&app, &id, &stored); err != nil {
			return err
		}
		state, err := codec.DecodeState(stored)
		states[stream(app, id)] = state
		return err
	}, m.statements.LoadSessions, m.dialect.Bulk(apps, ids)...)
	return states, err
}

// SaveSessions implements [projection.Tx].
func (m modelTx) SaveSessions(ctx context.Context, sessions []projection.Session, steps []projection.StepRow) error {
	n := len(sessions)
	apps, ids, kinds, statuses, states := make(Texts, n), make(Texts, n), make(Texts, n), make(Texts, n), make(Texts, n)
	positions, flags, times := make(Ints, n), make(Ints, n), make(Ints, n)
	for i, s := range sessions {
		apps[i], ids[i] = string(s.Stream.App), string(s.Stream.Session)
		kinds[i], statuses[i], states[i] = s.Kind.String(), s.Status.String(), string(codec.EncodeState(s.State))
		positions[i], flags[i], times[i] = s.State.Position, int64(len(s.State.Flags)), codec.Micros(s.State.UpdatedAt)
	}
	args := m.dialect.Bulk(apps, ids, positions, kinds, statuses, flags, times, states)
	if _, err := m.tx.ExecContext(ctx, m.statements.SaveSessions, args...); err != nil {
		return err
	}
	return m.saveSteps(ctx, steps)
}

func (m modelTx) saveSteps(ctx context.Context, steps []projection.StepRow) error {
	n := len(steps)
	if n == 0 {
		return nil
	}
	apps, ids, stepIDs := make(Texts, n), make(Texts, n), make(Texts, n)
	services, statuses, reasons := make(Texts, n), make(Texts, n), make(Texts, n)
	submissions, times := make(Ints, n), make(Ints, n)
	for i, s := range steps {
		apps[i], ids[i], stepIDs[i] = string(s.Stream.App), string(s.Stream.Session), string(s.Track.StepID)
		services[i], statuses[i], reasons[i] = string(s.Track.Service), s.Track.Status.String(), s.Track.Reason
		submissions[i], times[i] = int64(s.Track.Submissions), codec.Micros(s.Track.UpdatedAt)
	}
	args := m.dialect.Bulk(apps, ids, stepIDs, services, statuses, reasons, submissions, times)
	_, err := m.tx.ExecContext(ctx, m.statements.SaveSteps, args...)
	return err
}
