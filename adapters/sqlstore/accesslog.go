package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/domain/kyc"
)

var _ accesslog.Log = (*Store)(nil)

// The database gives the number: see the migration.
const (
	insertAccess = `INSERT INTO access_log (recorded_at, actor, role, via, action, app, session_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

	selectAccess = `SELECT number, recorded_at, actor, role, via, action, app, session_id, detail
FROM access_log WHERE number > $1 ORDER BY number LIMIT $2`

	selectAccessOf = `SELECT number, recorded_at, actor, role, via, action, app, session_id, detail
FROM access_log WHERE actor = $3 AND number > $1 ORDER BY number LIMIT $2`
)

// Record implements [accesslog.Recorder]. Entries are written one at a time, by
// whichever process: they would wait for each other in the database, with
// connections that appends may need.
func (s *Store) Record(ctx context.Context, e accesslog.Entry) error {
	if err := checkAccess(e); err != nil {
		return err
	}
	if err := s.recording.acquire(ctx); err != nil {
		return wrap("record an access", err)
	}
	defer s.recording.release()
	if missing := s.Replicated(); missing != nil {
		return wrap("record an access", missing)
	}
	// Once: what was written twice would be two accesses.
	_, err := s.bounded(ctx, confirmWait, func(ctx context.Context) (int64, error) {
		return s.execDurable(ctx, insertAccess, codec.Micros(e.At), e.Actor, e.Role.String(), string(e.Via), e.Action,
			string(e.App), string(e.Session), e.Detail)
	})
	if s.dialect.Classify(err) == Unreplicated {
		s.unconfirmed(s.confirmed.at(), err)
	}
	return s.readError("record an access", err)
}

// checkAccess refuses what the databases would treat differently, and what says
// too little.
func checkAccess(e accesslog.Entry) error {
	texts := []string{e.Actor, string(e.Via), e.Action, string(e.App), string(e.Session), e.Detail}
	for _, text := range texts {
		if !storable(text) {
			return fmt.Errorf("text with NUL or invalid UTF-8: %w", accesslog.ErrUnstorable)
		}
	}
	switch {
	case e.Actor == "" || e.Action == "":
		return fmt.Errorf("an entry without actor or action: %w", accesslog.ErrUnstorable)
	case e.Via != accesslog.API && e.Via != accesslog.CLI:
		return fmt.Errorf("an entry through no known door: %w", accesslog.ErrUnstorable)
	case max(len(e.Actor), len(e.Action), len(e.App), len(e.Session)) > accesslog.MaxName:
		return fmt.Errorf("a name above %d bytes: %w", accesslog.MaxName, accesslog.ErrUnstorable)
	case len(e.Detail) > accesslog.MaxDetail:
		return fmt.Errorf("a detail above %d bytes: %w", accesslog.MaxDetail, accesslog.ErrUnstorable)
	}
	return nil
}

// ReadAccess implements [accesslog.Reader].
func (s *Store) ReadAccess(ctx context.Context, actor string, after int64, limit int) ([]accesslog.Recorded, error) {
	statement, args := selectAccess, []any{after, limit}
	if actor != "" {
		statement, args = selectAccessOf, append(args, actor)
	}
	if !storable(actor) {
		return nil, nil // no entry has such a name
	}
	var entries []accesslog.Recorded
	err := each(ctx, preparedReads{s}, func(rows *sql.Rows) error {
		e, err := scanAccess(rows)
		entries = append(entries, e)
		return err
	}, statement, args...)
	if err != nil {
		return nil, s.readError("read the access log", err)
	}
	return entries, nil
}

func scanAccess(rows *sql.Rows) (e accesslog.Recorded, err error) {
	var micros int64
	var role, via, app, session string
	if err := rows.Scan(&e.Number, &micros, &e.Actor, &role, &via, &e.Action, &app, &session, &e.Detail); err != nil {
		return e, err
	}
	e.At, e.Via = codec.TimeOf(micros), accesslog.Via(via)
	e.App, e.Session = kyc.App(app), kyc.SessionID(session)
	known := role == ""
	if !known {
		e.Role, known = access.ParseRole(role)
	}
	if !known {
		return e, fmt.Errorf("entry %d with role %q", e.Number, role)
	}
	return e, nil
}
