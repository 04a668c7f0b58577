-- +goose Up

-- The Merkle tree over the log, as tiles of up to 256 hashes; the last of each
-- level grows.
CREATE TABLE tiles (
    level  bigint NOT NULL,
    number bigint NOT NULL,
    hashes bytea  NOT NULL,
    PRIMARY KEY (level, number)
);

-- Signed checkpoints: the newest, and before it one for each hour.
CREATE TABLE log_checkpoints (
    size      bigint PRIMARY KEY,
    note      text   COLLATE "C" NOT NULL,
    signed_at bigint NOT NULL
);

-- +goose Down
DROP TABLE log_checkpoints;
DROP TABLE tiles;
