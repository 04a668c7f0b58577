package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strings"

	"dossier/adapters/codec"
	"dossier/application/audit"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// How large a chunk is at most, in rows of each table: so little that whoever
// wants to replace the tables of a read model does not wait for long. A stream
// is never cut: one that has more events is read in pages of one snapshot.
const (
	chunkEvents = 4_000
	chunkRows   = 1_000
)

const (
	// The range of a chunk is after one session id of an app and up to another.
	// The end is the least of those at which one of the tables has enough.
	chunkEndOfEvents   = `SELECT stream FROM events WHERE stream > $1 AND stream <= $2 ORDER BY stream, version LIMIT 1 OFFSET $3`
	chunkEndOfHeads    = `SELECT stream FROM heads WHERE stream > $1 AND stream <= $2 ORDER BY stream LIMIT 1 OFFSET $3`
	chunkEndOfSessions = `SELECT session_id FROM sessions WHERE app = $1 AND session_id > $2 AND session_id <= $3
ORDER BY session_id LIMIT 1 OFFSET $4`
	chunkEndOfSteps = `SELECT session_id FROM steps WHERE app = $1 AND session_id > $2 AND session_id <= $3
ORDER BY session_id, step_id LIMIT 1 OFFSET $4`
	chunkEndOfWaiting = `SELECT session_id FROM stats_waiting WHERE app = $1 AND session_id > $2 AND session_id <= $3
ORDER BY session_id, step_id LIMIT 1 OFFSET $4`

	// The metadata was read with the log: it is most of an event. A clock's reading
	// in it belongs to the fold.
	chunkOfEvents = `SELECT position, event_id, stream, version, type, data,
  CASE WHEN metadata LIKE '%"clock":%' THEN metadata ELSE '{}' END, recorded_at
FROM events WHERE (stream, version) > ($1, $2) AND stream <= $3 ORDER BY stream, version LIMIT $4`
	chunkOfHeads    = `SELECT stream, version, state FROM heads WHERE stream > $1 AND stream <= $2`
	chunkOfSessions = `SELECT session_id, position, kind, status, open_flags, updated_at, state
FROM sessions WHERE app = $1 AND session_id > $2 AND session_id <= $3`
	chunkOfSteps = `SELECT session_id, step_id, service, status, reason, submissions, updated_at
FROM steps WHERE app = $1 AND session_id > $2 AND session_id <= $3`
	chunkOfWaiting = `SELECT session_id, step_id, since
FROM stats_waiting WHERE app = $1 AND session_id > $2 AND session_id <= $3`
)

// behindAll is a text behind every session id: a longer one can't be stored.
var behindAll = strings.Repeat("\U0010FFFF", eventlog.MaxSessionID/4+1)

// chunk is a range of the sessions of one app, in a snapshot.
type chunk struct {
	store      *Store
	tx         *sql.Tx
	app        string
	after, end string // session ids: from behind the one up to the other
}

// keys are the bounds of the range as names of streams.
func (c chunk) keys() (after, end string) { return c.app + "/" + c.after, c.app + "/" + c.end }

// EachChunk implements [audit.Models].
func (a Audit) EachChunk(ctx context.Context, fn func(audit.Chunk) error) error {
	apps, err := a.apps(ctx)
	if err != nil {
		return a.store.readError("read the apps", err)
	}
	for _, app := range apps {
		for after := ""; after != behindAll; {
			err := a.inSnapshot(ctx, func(tx *sql.Tx) error {
				c := chunk{store: a.store, tx: tx, app: app, after: after, end: behindAll}
				if err := c.setEnd(ctx); err != nil {
					return err
				}
				after = c.end
				loaded, err := c.load(ctx)
				if err != nil {
					return err
				}
				return fn(loaded)
			})
			if err != nil {
				return a.store.readError("read streams", err)
			}
		}
	}
	return nil
}

// setEnd cuts the range where it is large enough.
func (c *chunk) setEnd(ctx context.Context) error {
	first, last := c.keys()
	for _, end := range []struct {
		query  string
		args   []any
		prefix string
	}{
		{chunkEndOfEvents, []any{first, last, chunkEvents}, c.app + "/"},
		{chunkEndOfHeads, []any{first, last, chunkRows}, c.app + "/"},
		{chunkEndOfSessions, []any{c.app, c.after, c.end, chunkRows}, ""},
		{chunkEndOfSteps, []any{c.app, c.after, c.end, chunkEvents}, ""},
		{chunkEndOfWaiting, []any{c.app, c.after, c.end, chunkEvents}, ""},
	} {
		var key string
		switch err := c.tx.QueryRowContext(ctx, end.query, end.args...).Scan(&key); {
		case err == nil:
			c.end = min(c.end, strings.TrimPrefix(key, end.prefix))
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	return nil
}

// load reads all of the chunk but the events.
func (c chunk) load(ctx context.Context) (loaded audit.Chunk, err error) {
	if loaded.Models, err = auditedModels(ctx, c.tx); err != nil {
		return loaded, err
	}
	if loaded.Heads, err = c.heads(ctx); err != nil {
		return loaded, err
	}
	if loaded.Sessions, err = c.sessions(ctx); err != nil {
		return loaded, err
	}
	if loaded.Steps, err = c.steps(ctx); err != nil {
		return loaded, err
	}
	loaded.Events, loaded.Flags = c.events, c.flags
	loaded.Waiting, err = c.waiting(ctx)
	return loaded, err
}

func (c chunk) events(ctx context.Context, fn func(audit.Event) error) error {
	after, end := c.keys()
	version := int64(math.MaxInt64) // nothing of the stream before
	for {
		read := 0
		err := each(ctx, c.tx, func(rows *sql.Rows) (err error) {
			read++
			after, version, err = auditRow(rows, fn)
			return err
		}, chunkOfEvents, after, version, end, chunkEvents)
		if err != nil || read < chunkEvents {
			return err
		}
	}
}

// auditRow calls fn with the event of a row, and returns its stream's name and
// its version.
func auditRow(rows *sql.Rows, fn func(audit.Event) error) (key string, version int64, err error) {
	e, key, err := scanAudited(rows)
	if err != nil {
		return "", 0, err
	}
	return key, e.Version, fn(e)
}

func (c chunk) heads(ctx context.Context) (map[eventlog.Stream]audit.Head, error) {
	heads := map[eventlog.Stream]audit.Head{}
	first, last := c.keys()
	err := each(ctx, c.tx, func(rows *sql.Rows) error {
		var key, state string
		var h audit.Head
		if err := rows.Scan(&key, &h.Version, &state); err != nil {
			return err
		}
		h.State, h.Fault = codec.DecodeState(state)
		heads[stream(c.app, strings.TrimPrefix(key, c.app+"/"))] = h
		return nil
	}, chunkOfHeads, first, last)
	return heads, err
}

func (c chunk) sessions(ctx context.Context) (map[eventlog.Stream]audit.SessionRow, error) {
	sessions := map[eventlog.Stream]audit.SessionRow{}
	err := each(ctx, c.tx, func(rows *sql.Rows) error {
		var id, state string
		var updated int64
		var s audit.SessionRow
		if err := rows.Scan(&id, &s.Position, &s.Kind, &s.Status, &s.OpenFlags, &updated, &state); err != nil {
			return err
		}
		s.UpdatedAt = codec.TimeOf(updated)
		s.State, s.Fault = codec.DecodeState(state)
		sessions[stream(c.app, id)] = s
		return nil
	}, chunkOfSessions, c.app, c.after, c.end)
	return sessions, err
}

func (c chunk) steps(ctx context.Context) (map[eventlog.Stream][]audit.StepRow, error) {
	steps := map[eventlog.Stream][]audit.StepRow{}
	err := each(ctx, c.tx, func(rows *sql.Rows) error {
		var id string
		var updated int64
		var s audit.StepRow
		err := rows.Scan(&id, &s.StepID, &s.Service, &s.Status, &s.Reason, &s.Submissions, &updated)
		s.UpdatedAt = codec.TimeOf(updated)
		steps[stream(c.app, id)] = append(steps[stream(c.app, id)], s)
		return err
	}, chunkOfSteps, c.app, c.after, c.end)
	return steps, err
}

func (c chunk) flags(ctx context.Context, positions []int64) (map[int64]audit.FlagRow, error) {
	flags := make(map[int64]audit.FlagRow, len(positions))
	err := each(ctx, c.tx, func(rows *sql.Rows) error {
		var position, flagged, resolved int64
		var app, id string
		var f audit.FlagRow
		err := rows.Scan(&position, &app, &id, &f.StepID, &f.Service, &f.Violation, &f.Severity, &f.From,
			&f.Attempted, &f.Reason, &f.State, &flagged, &resolved, &f.ResolvedBy, &f.Note)
		f.Stream, f.FlaggedAt, f.ResolvedAt = stream(app, id), codec.TimeOf(flagged), codec.TimeOf(resolved)
		flags[position] = f
		return err
	}, c.store.live.LoadFlags, c.store.dialect.Bulk(Ints(positions))...)
	return flags, err
}

func (c chunk) waiting(ctx context.Context) (map[eventlog.Stream][]projection.Waiting, error) {
	waiting := map[eventlog.Stream][]projection.Waiting{}
	err := each(ctx, c.tx, func(rows *sql.Rows) error {
		var id, step string
		var since int64
		err := rows.Scan(&id, &step, &since)
		s := stream(c.app, id)
		waiting[s] = append(waiting[s], projection.Waiting{Stream: s, StepID: kyc.StepID(step), Since: codec.TimeOf(since)})
		return err
	}, chunkOfWaiting, c.app, c.after, c.end)
	return waiting, err
}
