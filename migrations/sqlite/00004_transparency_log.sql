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

-- +goose Down
DROP TABLE log_checkpoints;
DROP TABLE tiles;
