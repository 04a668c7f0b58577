package sqlite

// SQLite's names of tables do not tell upper from lower case.
const hasTopic = `SELECT count(*) > 0 FROM sqlite_schema WHERE type = 'table' AND '"' || name || '"' = '@' COLLATE NOCASE`

// There is one writer at a time, and messages are never deleted: the next rowid
// is the next position.
const createTopic = `CREATE TABLE IF NOT EXISTS @ (
  position   INTEGER PRIMARY KEY CHECK (position > 0),
  uuid       TEXT    NOT NULL,
  payload    BLOB    NOT NULL,
  metadata   TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT`

const insertMessages = `INSERT INTO @ (uuid, payload, metadata, created_at)
SELECT value ->> 0, unhex(value ->> 1), value ->> 2, value ->> 3 FROM json_each($1)`
