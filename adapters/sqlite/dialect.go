package sqlite

import (
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"dossier/adapters/sqlstore"
)

// Whole columns come as one JSON array of rows, each an array of its columns.

// The lock is that of a write transaction, the only one that SQLite has.
const (
	lock   = `BEGIN IMMEDIATE`
	commit = `COMMIT`
	unlock = `ROLLBACK`
)

const loadBatch = `SELECT 0, event_id, '', x'', position, recorded_at, position
FROM (SELECT position, event_id, recorded_at FROM events ORDER BY position DESC LIMIT 1)
UNION ALL
SELECT 1, h.stream, h.state, x'', h.version, 0, 0
FROM json_each($1) AS wanted CROSS JOIN heads AS h ON h.stream = wanted.value ->> 0
UNION ALL
SELECT 2, d.app, d.delivery_id, d.sha256, d.position, d.version, d.last_position
FROM json_each($2) AS wanted
CROSS JOIN deliveries AS d ON d.app = wanted.value ->> 0 AND d.delivery_id = wanted.value ->> 1`

const head = `SELECT coalesce(max(position), 0), coalesce(max(position), 0) FROM events`

// Three statements that run as one. WHERE true keeps ON CONFLICT from being
// read as a join's ON.
const appendBatch = `INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
FROM json_each($1);
INSERT INTO heads (stream, version, state)
SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($2) WHERE true
ON CONFLICT (stream) DO UPDATE SET version = excluded.version, state = excluded.state;
INSERT INTO deliveries (app, delivery_id, sha256, position, version, last_position, recorded_at)
SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5, value ->> 6
FROM json_each($3)`

const saveTiles = `INSERT INTO tiles (level, number, hashes)
SELECT value ->> 0, value ->> 1, unhex(value ->> 2) FROM json_each($1) WHERE true
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`

const deferMessages = `INSERT INTO relay_deferred (relay, position, stream, attempts, due_at, deferred_at, reason)
SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each($2) WHERE true
ON CONFLICT (relay, position) DO NOTHING`

const blockedStreams = `SELECT wanted.value ->> 0 FROM json_each($2) AS wanted
WHERE EXISTS (SELECT 1 FROM relay_deferred AS d WHERE d.relay = $1 AND d.stream = wanted.value ->> 0)`

const pruneDeliveries = `DELETE FROM deliveries WHERE rowid IN (
  SELECT rowid FROM deliveries WHERE recorded_at < $1 ORDER BY recorded_at LIMIT $2)`

// The transaction holds the lock already.
const lockCheckpoint = `SELECT version, position, build FROM checkpoints WHERE name = $1`

func dialect() sqlstore.Dialect {
	return sqlstore.Dialect{
		Lock:            lock,
		Unlock:          unlock,
		LoadBatch:       loadBatch,
		Head:            head,
		Append:          appendBatch,
		Commit:          commit,
		Models:          models(),
		Tables:          tables(),
		BrokenTriggers:  brokenTriggers,
		HasTable:        hasTable,
		LockCheckpoint:  lockCheckpoint,
		SaveTiles:       saveTiles,
		DeferMessages:   deferMessages,
		BlockedStreams:  blockedStreams,
		PruneDeliveries: pruneDeliveries,
		HasTopic:        hasTopic,
		CreateTopic:     createTopic,
		InsertMessages:  insertMessages,
		Bulk:            rows,
		Classify:        classify,
		Refused:         func(error) bool { return false }, // a failed COMMIT tells too little
		SingleWriter:    true,
		StatementsHold:  true,
	}
}

// classify reads an error by SQLite's primary result code.
func classify(err error) sqlstore.Class {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
			sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM:
			return sqlstore.Unavailable
		case sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE:
			return sqlstore.BadData
		}
		return sqlstore.Fault
	}
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, errReplaced) {
		return sqlstore.Unavailable
	}
	return sqlstore.Fault
}
