package postgres

import (
	"dossier/adapters/sqlstore"
	"dossier/application/projection"
)

const loadSessions = `SELECT s.app, s.session_id, s.state
FROM unnest($1::text[], $2::text[]) AS wanted (app, id)
JOIN sessions@ AS s ON s.app = wanted.app AND s.session_id = wanted.id`

const saveSessions = `INSERT INTO sessions@ (app, session_id, position, kind, status, open_flags, updated_at, state)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
ON CONFLICT (app, session_id) DO UPDATE SET position = excluded.position, kind = excluded.kind,
  status = excluded.status, open_flags = excluded.open_flags, updated_at = excluded.updated_at, state = excluded.state`

const saveSteps = `INSERT INTO steps@ (app, session_id, step_id, service, status, reason, submissions, updated_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[])
ON CONFLICT (app, session_id, step_id) DO UPDATE SET service = excluded.service, status = excluded.status,
  reason = excluded.reason, submissions = excluded.submissions, updated_at = excluded.updated_at`

const loadFlags = `SELECT position, app, session_id, step_id, service, violation, severity, from_status,
  attempted, reason, state, flagged_at, resolved_at, resolved_by, note
FROM flags@ WHERE position = ANY ($1::bigint[])`

const saveFlags = `INSERT INTO flags@ (position, app, session_id, step_id, service, violation, severity, from_status,
  attempted, reason, state, flagged_at, resolved_at, resolved_by, note)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::text[])
ON CONFLICT (position) DO UPDATE SET state = excluded.state, resolved_at = excluded.resolved_at,
  resolved_by = excluded.resolved_by, note = excluded.note`

const hasTable = `SELECT to_regclass($1) IS NOT NULL`

// models are the statements of the read models.
func models() sqlstore.ModelStatements {
	return sqlstore.ModelStatements{
		LoadSessions: loadSessions,
		SaveSessions: saveSessions,
		SaveSteps:    saveSteps,
		SaveFlags:    saveFlags,
		LoadFlags:    loadFlags,

		LoadWaiting:   loadWaiting,
		SaveWaiting:   saveWaiting,
		DeleteWaiting: deleteWaiting,
		AddStats:      addStats,
	}
}

// The tables of the read models, as the migrations make them.
const (
	createSessions = `CREATE TABLE sessions@ (
    app        text   COLLATE "C" NOT NULL,
    session_id text   COLLATE "C" NOT NULL,
    position   bigint NOT NULL,
    kind       text   COLLATE "C" NOT NULL,
    status     text   COLLATE "C" NOT NULL,
    open_flags bigint NOT NULL,
    updated_at bigint NOT NULL,
    state      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (app, session_id)
);
CREATE TABLE steps@ (
    app         text   COLLATE "C" NOT NULL,
    session_id  text   COLLATE "C" NOT NULL,
    step_id     text   COLLATE "C" NOT NULL,
    service     text   COLLATE "C" NOT NULL,
    status      text   COLLATE "C" NOT NULL,
    reason      text   COLLATE "C" NOT NULL,
    submissions bigint NOT NULL,
    updated_at  bigint NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) WITH (fillfactor = 80)`

	createFlags = `CREATE TABLE flags@ (
    position    bigint PRIMARY KEY,
    app         text   COLLATE "C" NOT NULL,
    session_id  text   COLLATE "C" NOT NULL,
    step_id     text   COLLATE "C" NOT NULL,
    service     text   COLLATE "C" NOT NULL,
    violation   text   COLLATE "C" NOT NULL,
    severity    text   COLLATE "C" NOT NULL,
    from_status text   COLLATE "C" NOT NULL,
    attempted   text   COLLATE "C" NOT NULL,
    reason      text   COLLATE "C" NOT NULL,
    state       text   COLLATE "C" NOT NULL,
    flagged_at  bigint NOT NULL,
    resolved_at bigint NOT NULL,
    resolved_by text   COLLATE "C" NOT NULL,
    note        text   COLLATE "C" NOT NULL
)`
)

// How long the locks of a build are waited for. Vacuum gives way to one who
// waits for longer than deadlock_timeout, and readers don't mind that lock. For
// the checkpoints the wait is shorter than that: whoever holds one may want the
// tables. And readers queue behind one who waits for those that are reading, so
// this wait is the shortest, and comes again.
const (
	claimWait = `SET LOCAL lock_timeout = '3s'`
	rowWait   = `SET LOCAL lock_timeout = '500ms'`
	lockWait  = `SET LOCAL lock_timeout = '100ms'`
)

// tables make the tables of the read models once more.
func tables() map[string]sqlstore.ModelTables {
	return map[string]sqlstore.ModelTables{
		projection.StatsName: statsTables(),
		projection.SessionsName: {
			Create: createSessions,
			Complete: []string{
				`CREATE INDEX IF NOT EXISTS sessions_by_position# ON sessions@ (position)`,
				`CREATE INDEX IF NOT EXISTS sessions_by_status# ON sessions@ (status, position)`,
				`CREATE INDEX IF NOT EXISTS sessions_flagged# ON sessions@ (position) WHERE open_flags > 0`,
				`ANALYZE sessions@`,
				`ANALYZE steps@`,
			},
			Claim: `LOCK TABLE sessions, sessions_next, steps, steps_next IN SHARE UPDATE EXCLUSIVE MODE`,
			Lock:  `LOCK TABLE sessions, steps, sessions_next, steps_next IN ACCESS EXCLUSIVE MODE`,
		},
		projection.FlagsName: {
			Create: createFlags,
			Complete: []string{
				`CREATE INDEX IF NOT EXISTS flags_by_state# ON flags@ (state, position)`,
				`ANALYZE flags@`,
			},
			Claim: `LOCK TABLE flags, flags_next IN SHARE UPDATE EXCLUSIVE MODE`,
			Lock:  `LOCK TABLE flags, flags_next IN ACCESS EXCLUSIVE MODE`,
		},
	}
}
