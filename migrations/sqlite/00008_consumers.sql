-- +goose Up

-- Where each consumer of a topic stands, and who consumes for it. Times are
-- microseconds since 1970 UTC.
CREATE TABLE consumer_groups (
    topic      TEXT NOT NULL,
    name       TEXT NOT NULL,
    position   INTEGER NOT NULL CHECK (position >= 0),
    moved_at   INTEGER NOT NULL,
    holder     TEXT NOT NULL, -- empty: nobody
    held_until INTEGER NOT NULL,
    lease      INTEGER NOT NULL, -- microseconds for which it was claimed last
    claims     INTEGER NOT NULL, -- how often, renewals included
    generation INTEGER NOT NULL, -- another one whenever a person moves the group back
    PRIMARY KEY (topic, name)
) STRICT, WITHOUT ROWID;

-- What a receiver did not accept: it is tried again (due_at), or parked for a
-- person (due_at is 0). What comes later of the same session waits behind it.
CREATE TABLE relay_deferred (
    relay       TEXT NOT NULL,
    position    INTEGER NOT NULL,
    stream      TEXT NOT NULL,
    attempts    INTEGER NOT NULL, -- 0: it waits behind another of its stream
    due_at      INTEGER NOT NULL,
    deferred_at INTEGER NOT NULL,
    reason      TEXT NOT NULL, -- of the last attempt
    PRIMARY KEY (relay, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX relay_deferred_by_stream ON relay_deferred (relay, stream, position);

-- +goose Down
DROP TABLE relay_deferred;
DROP TABLE consumer_groups;
