package sqlite

import "dossier/adapters/sqlstore"

const loadWaiting = `SELECT w.app, w.session_id, w.step_id, w.since
FROM json_each($1) AS wanted
CROSS JOIN stats_waiting@ AS w ON w.app = wanted.value ->> 0 AND w.session_id = wanted.value ->> 1`

const saveWaiting = `INSERT INTO stats_waiting@ (app, session_id, step_id, since)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1) WHERE true
ON CONFLICT (app, session_id, step_id) DO UPDATE SET since = excluded.since`

const deleteWaiting = `DELETE FROM stats_waiting@ WHERE (app, session_id, step_id) IN (
  SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))`

const addStats = `INSERT INTO stats@ AS s (hours, start, app, metric, service, label, detail, count)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each($1) WHERE true
ON CONFLICT (hours, metric, start, app, service, label, detail) DO UPDATE SET count = s.count + excluded.count`

const createStats = `CREATE TABLE stats@ (
    hours   INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    app     TEXT    NOT NULL,
    metric  TEXT    NOT NULL,
    service TEXT    NOT NULL,
    label   TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (hours, metric, start, app, service, label, detail)
) STRICT, WITHOUT ROWID;
CREATE TABLE stats_waiting@ (
    app        TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    step_id    TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) STRICT, WITHOUT ROWID`

// statsTables make the tables of the statistics once more.
func statsTables() sqlstore.ModelTables { return sqlstore.ModelTables{Create: createStats} }
