package postgres

import "dossier/adapters/sqlstore"

const loadWaiting = `SELECT w.app, w.session_id, w.step_id, w.since
FROM unnest($1::text[], $2::text[]) AS wanted (app, id)
JOIN stats_waiting@ AS w ON w.app = wanted.app AND w.session_id = wanted.id`

const saveWaiting = `INSERT INTO stats_waiting@ (app, session_id, step_id, since)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (app, session_id, step_id) DO UPDATE SET since = excluded.since`

const deleteWaiting = `DELETE FROM stats_waiting@ AS w
USING unnest($1::text[], $2::text[], $3::text[]) AS decided (app, id, step)
WHERE w.app = decided.app AND w.session_id = decided.id AND w.step_id = decided.step`

const addStats = `INSERT INTO stats@ AS s (hours, start, app, metric, service, label, detail, count)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
ON CONFLICT (hours, metric, start, app, service, label, detail) DO UPDATE SET count = s.count + excluded.count`

const createStats = `CREATE TABLE stats@ (
    hours   bigint NOT NULL,
    start   bigint NOT NULL,
    app     text   COLLATE "C" NOT NULL,
    metric  text   COLLATE "C" NOT NULL,
    service text   COLLATE "C" NOT NULL,
    label   text   COLLATE "C" NOT NULL,
    detail  text   COLLATE "C" NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (hours, metric, start, app, service, label, detail)
) WITH (fillfactor = 70);
CREATE TABLE stats_waiting@ (
    app        text   COLLATE "C" NOT NULL,
    session_id text   COLLATE "C" NOT NULL,
    step_id    text   COLLATE "C" NOT NULL,
    since      bigint NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
)`

// statsTables make the tables of the statistics once more.
func statsTables() sqlstore.ModelTables {
	return sqlstore.ModelTables{
		Create:   createStats,
		Complete: []string{`ANALYZE stats@`, `ANALYZE stats_waiting@`},
		Claim:    `LOCK TABLE stats, stats_next, stats_waiting, stats_waiting_next IN SHARE UPDATE EXCLUSIVE MODE`,
		Lock:     `LOCK TABLE stats, stats_waiting, stats_next, stats_waiting_next IN ACCESS EXCLUSIVE MODE`,
	}
}
