-- +goose Up

-- The Merkle tree over the log, as tiles of up to 256 hashes; the last of each
-- level grows.
CREATE TABLE tiles (
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB    NOT NULL,
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- Signed checkpoints: the newest, and before it one for each hour.
CREATE TABLE log_checkpoints (
    size      INTEGER PRIMARY KEY,
    note      TEXT    NOT NULL,
    signed_at INTEGER NOT NULL
) STRICT;

-- What servers found out that the log has lost: the last event that was known to
-- be committed, or what a signed checkpoint commits to, and where the log ended
-- when that was noticed. Event ids and the note are empty where they are not known.
-- noticed_at is microseconds since 1970 UTC.
CREATE TABLE log_cuts (
    had_position  INTEGER NOT NULL CHECK (had_position > 0),
    had_event     TEXT    NOT NULL,
    head_position INTEGER NOT NULL,
    head_event    TEXT    NOT NULL,
    note          TEXT    NOT NULL,
    noticed_at    INTEGER NOT NULL,
    PRIMARY KEY (had_position, had_event, note)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER log_cuts_refuse_update BEFORE UPDATE ON log_cuts
BEGIN
    SELECT RAISE(ABORT, 'what the log has lost stays recorded: UPDATE is refused');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER log_cuts_refuse_delete BEFORE DELETE ON log_cuts
BEGIN
    SELECT RAISE(ABORT, 'what the log has lost stays recorded: DELETE is refused');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE log_cuts;
DROP TABLE log_checkpoints;
DROP TABLE tiles;
