package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/sqlstore"
)

// The log's lock is an advisory one of the session, over all processes, with
// the keys "doss" and 1. A batch needs no transaction around it then: it reads
// in one round trip and writes in another, and each waits its turn on a busy
// machine. It is a statement of its own, so that what is read after it sees
// what its last holder committed; and the session that holds it is the one that
// writes, so it can't be lost before the write.
//
// A process that is frozen while it holds the lock would stop all others for as
// long: its kernel goes on answering keepalives. So the server ends a session that
// does nothing for 4 seconds while it holds the lock (idle_session_timeout, since
// PostgreSQL 14), and sets that limit when the lock is had.
const (
	lockLog   = `SELECT pg_advisory_lock(1685025651, 1), set_config('idle_session_timeout', '4s', false)`
	unlockLog = `SELECT pg_advisory_unlock(1685025651, 1), set_config('idle_session_timeout', '0', false)`
	// Who waits for the lock gets it first.
	relockLog = unlockLog + `; ` + lockLog
)

// lockHolder says who holds the log's lock, and what it does.
const lockHolder = `SELECT format('session %s of %s at %s, which %s since %s',
  a.pid, coalesce(nullif(a.application_name, ''), 'an unnamed program'), coalesce(host(a.client_addr), 'this machine'),
  CASE WHEN a.wait_event = 'SyncRep' THEN 'waits for a synchronous standby' WHEN a.state = 'active' THEN 'runs a statement'
    ELSE 'is ' || coalesce(a.state, 'in an unknown state') END, to_char(a.state_change AT TIME ZONE 'UTC', 'HH24:MI:SS UTC'))
FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = 1685025651 AND l.objid = 1 AND l.objsubid = 2 AND l.granted`

const loadBatch = `SELECT 0 AS what, event_id::text AS a, '' AS b, ''::bytea AS sha256, position AS n1, recorded_at AS n2,
  CASE WHEN current_setting('synchronous_standby_names') = '' THEN position ELSE 0 END AS n3
FROM (SELECT position, event_id, recorded_at FROM events ORDER BY position DESC LIMIT 1) AS head
UNION ALL
SELECT 1, h.stream, h.state, ''::bytea, h.version, 0, 0
FROM unnest($1::text[]) AS wanted (stream) JOIN heads AS h ON h.stream = wanted.stream
UNION ALL
SELECT 2, d.app, d.delivery_id, d.sha256, d.position, d.version, d.last_position
FROM unnest($2::text[], $3::text[]) AS wanted (app, id)
JOIN deliveries AS d ON d.app = wanted.app AND d.delivery_id = wanted.id`

// Nothing unconfirmed is projected, so checkpoints are evidence. What a standby
// shows is on two servers at least.
const head = `SELECT head, CASE
  WHEN current_setting('synchronous_standby_names') = '' OR pg_is_in_recovery() THEN head
  ELSE (SELECT coalesce(max(position), 0) FROM checkpoints) END
FROM (SELECT coalesce(max(position), 0) AS head FROM events) AS log`

// A message in the server's log of changes that nobody reads: its commit waits as
// any other does. It needs no privilege, and a read-only session may write it.
const confirm = `BEGIN; SET LOCAL synchronous_commit TO on; SELECT pg_logical_emit_message(true, 'dossier', ''); COMMIT`

const standbys = `SELECT current_setting('synchronous_standby_names')`

const appendBatch = `WITH written_heads AS (
  INSERT INTO heads (stream, version, state)
  SELECT * FROM unnest($9::text[], $10::bigint[], $11::text[])
  ON CONFLICT (stream) DO UPDATE SET version = excluded.version, state = excluded.state
), written_deliveries AS (
  INSERT INTO deliveries (app, delivery_id, sha256, position, version, last_position, recorded_at)
  SELECT * FROM unnest($12::text[], $13::text[], $14::bytea[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[])
)
INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[])`

const saveTiles = `INSERT INTO tiles (level, number, hashes)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`

// A statement that needs no snapshot, so it comes before that. Whoever replaces
// these tables waits for little longer than a chunk is read.
const holdModels = `LOCK TABLE sessions, steps, flags, stats, stats_waiting IN ACCESS SHARE MODE`

const deferMessages = `INSERT INTO relay_deferred (relay, position, stream, attempts, due_at, deferred_at, reason)
SELECT $1::text, deferred.*
FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) AS deferred
ON CONFLICT (relay, position) DO NOTHING`

const blockedStreams = `SELECT wanted.stream FROM unnest($2::text[]) AS wanted (stream)
WHERE EXISTS (SELECT 1 FROM relay_deferred AS d WHERE d.relay = $1 AND d.stream = wanted.stream)`

const pruneDeliveries = `DELETE FROM deliveries WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM deliveries WHERE recorded_at < $1 LIMIT $2))`

const publications = `SELECT DISTINCT pubname FROM pg_catalog.pg_publication_tables
WHERE schemaname = current_schema() AND tablename IN ($1, $2) ORDER BY pubname`

const lockCheckpoint = `SELECT version, position, build FROM checkpoints WHERE name = $1 FOR UPDATE`

func dialect(address pgconn.Address, log *sql.DB) sqlstore.Dialect {
	return sqlstore.Dialect{
		Lock:            lockLog,
		Relock:          relockLog,
		Unlock:          unlockLog,
		LockHolder:      lockHolder,
		LoadBatch:       loadBatch,
		Head:            head,
		Confirm:         confirm,
		Standbys:        standbys,
		Append:          appendBatch,
		Models:          models(),
		Tables:          tables(),
		BrokenTriggers:  brokenTriggers,
		HasTable:        hasTable,
		Publications:    publications,
		ClaimWait:       claimWait,
		RowWait:         rowWait,
		LockWait:        lockWait,
		LockCheckpoint:  lockCheckpoint,
		SaveTiles:       saveTiles,
		HoldModels:      holdModels,
		DeferMessages:   deferMessages,
		BlockedStreams:  blockedStreams,
		PruneDeliveries: pruneDeliveries,
		HasTopic:        hasTopic,
		CreateTopic:     createTopic,
		InsertMessages:  insertMessages,
		Bulk:            arrays,
		Classify:        classify,
		Refused:         refused,
		Wake:            waker{address: address, db: log},
	}
}

// classify reads an error by its SQLSTATE class, as appendix A of PostgreSQL's
// manual lists them.
func classify(err error) sqlstore.Class {
	if errors.Is(err, pgconn.ErrUnreplicated) {
		return sqlstore.Unreplicated
	}
	ended := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
	if errors.Is(err, pgconn.ErrLost) || errors.Is(err, pgconn.ErrConnect) && !ended {
		return sqlstore.Unavailable
	}
	if pqErr, ok := errors.AsType[*pq.Error](err); ok {
		switch pqErr.Code.Class() {
		case "08", "25", "40", "53", "55", "57", "58": // connection, read-only, rollback, resources, locks, operator, system
			return sqlstore.Unavailable
		case "22", "54": // data exception, limit of the program
			return sqlstore.BadData
		default:
			return sqlstore.Fault
		}
	}
	if ended {
		return sqlstore.Fault
	}
	_, network := errors.AsType[net.Error](err)
	if network || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return sqlstore.Unavailable
	}
	return sqlstore.Fault
}

// refused tells an error that ended a statement from one that ended the
// session: the latter may come after the statement's commit. The severity is in
// the server's language; where it is not English, only what is wrong with the
// statement itself counts.
func refused(err error) bool {
	if errors.Is(err, pgconn.ErrUnreplicated) || errors.Is(err, pgconn.ErrLost) {
		return false
	}
	pqErr, ok := errors.AsType[*pq.Error](err)
	if !ok {
		return false
	}
	switch pqErr.Severity {
	case "ERROR":
		return true
	case "FATAL", "PANIC":
		return false
	}
	switch pqErr.Code.Class() {
	case "0A", "21", "22", "23", "42", "44", "54", "P0": // not supported, wrong data, a constraint, wrong SQL, a limit, raised
		return true
	default:
		return false
	}
}
