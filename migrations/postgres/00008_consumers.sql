-- +goose Up

-- Where each consumer of a topic stands, and who consumes for it. Times are
-- microseconds since 1970 UTC.
CREATE TABLE consumer_groups (
    topic      text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    position   bigint NOT NULL CHECK (position >= 0),
    moved_at   bigint NOT NULL,
    holder     text COLLATE "C" NOT NULL, -- empty: nobody
    held_until bigint NOT NULL,
    lease      bigint NOT NULL, -- microseconds for which it was claimed last
    claims     bigint NOT NULL, -- how often, renewals included
    generation bigint NOT NULL, -- another one whenever a person moves the group back
    PRIMARY KEY (topic, name)
) WITH (fillfactor = 50); -- a row is rewritten beside itself, again and again

-- What a receiver did not accept: it is tried again (due_at), or parked for a
-- person (due_at is 0). What comes later of the same session waits behind it.
CREATE TABLE relay_deferred (
    relay       text COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    stream      text COLLATE "C" NOT NULL,
    attempts    bigint NOT NULL, -- 0: it waits behind another of its stream
    due_at      bigint NOT NULL,
    deferred_at bigint NOT NULL,
    reason      text COLLATE "C" NOT NULL, -- of the last attempt
    PRIMARY KEY (relay, position)
);
CREATE INDEX relay_deferred_by_stream ON relay_deferred (relay, stream, position);

-- +goose Down
DROP TABLE relay_deferred;
DROP TABLE consumer_groups;
