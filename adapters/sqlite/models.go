package sqlite

import (
	"dossier/adapters/sqlstore"
	"dossier/application/projection"
)

const loadSessions = `SELECT s.app, s.session_id, s.state
FROM json_each($1) AS wanted
CROSS JOIN sessions@ AS s ON s.app = wanted.value ->> 0 AND s.session_id = wanted.value ->> 1`

const saveSessions = `INSERT INTO sessions@ (app, session_id, position, kind, status, open_flags, updated_at, state)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each($1) WHERE true
ON CONFLICT (app, session_id) DO UPDATE SET position = excluded.position, kind = excluded.kind,
  status = excluded.status, open_flags = excluded.open_flags, updated_at = excluded.updated_at, state = excluded.state`

const saveSteps = `INSERT INTO steps@ (app, session_id, step_id, service, status, reason, submissions, updated_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each($1) WHERE true
ON CONFLICT (app, session_id, step_id) DO UPDATE SET service = excluded.service, status = excluded.status,
  reason = excluded.reason, submissions = excluded.submissions, updated_at = excluded.updated_at`

const loadFlags = `SELECT f.position, app, session_id, step_id, service, violation, severity, from_status,
  attempted, reason, state, flagged_at, resolved_at, resolved_by, note
FROM json_each($1) AS wanted CROSS JOIN flags@ AS f ON f.position = wanted.value ->> 0`

const saveFlags = `INSERT INTO flags@ (position, app, session_id, step_id, service, violation, severity, from_status,
  attempted, reason, state, flagged_at, resolved_at, resolved_by, note)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
  value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14
FROM json_each($1) WHERE true
ON CONFLICT (position) DO UPDATE SET state = excluded.state, resolved_at = excluded.resolved_at,
  resolved_by = excluded.resolved_by, note = excluded.note`

const hasTable = `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND name = $1`

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
    app        TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    open_flags INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    PRIMARY KEY (app, session_id)
) STRICT;
CREATE TABLE steps@ (
    app         TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    step_id     TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    submissions INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) STRICT, WITHOUT ROWID`

	createFlags = `CREATE TABLE flags@ (
    position    INTEGER PRIMARY KEY,
    app         TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    step_id     TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    violation   TEXT    NOT NULL,
    severity    TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    attempted   TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    flagged_at  INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL,
    resolved_by TEXT    NOT NULL,
    note        TEXT    NOT NULL
) STRICT`
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
			},
		},
		projection.FlagsName: {
			Create: createFlags,
			Complete: []string{
				`CREATE INDEX IF NOT EXISTS flags_by_state# ON flags@ (state, position)`,
			},
		},
	}
}
