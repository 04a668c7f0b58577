-- +goose Up

-- The log. Text is kept as it was written: jsonb would change its bytes.
-- recorded_at is microseconds since 1970 UTC.
CREATE TABLE events (
    position    bigint PRIMARY KEY CHECK (position > 0),
    event_id    uuid   NOT NULL UNIQUE,
    stream      text   COLLATE "C" NOT NULL,
    version     bigint NOT NULL CHECK (version > 0),
    type        text   COLLATE "C" NOT NULL,
    data        text   COLLATE "C" NOT NULL,
    metadata    text   COLLATE "C" NOT NULL,
    recorded_at bigint NOT NULL,
    UNIQUE (stream, version)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd

-- For each statement, so that one which touches no row is refused as well.
CREATE TRIGGER events_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_events();
-- A session that plays a replica would skip an ordinary trigger.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_append_only;

-- Where each stream stands: a cache of the log that can be rebuilt from it.
-- The room left in each page lets a row be rewritten beside itself.
CREATE TABLE heads (
    stream  text   COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    state   text   COLLATE "C" NOT NULL
) WITH (fillfactor = 60);

-- What was delivered, so that it is stored once. The same id may come with
-- other bytes: that is stored too, as the conflict that it is.
CREATE TABLE deliveries (
    app           text   COLLATE "C" NOT NULL,
    delivery_id   text   COLLATE "C" NOT NULL,
    sha256        bytea  NOT NULL,
    position      bigint NOT NULL,
    version       bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at   bigint NOT NULL,
    PRIMARY KEY (app, delivery_id, sha256)
);
-- Rows arrive in this order, so a few bytes for each block find the old ones.
CREATE INDEX deliveries_by_age ON deliveries USING brin (recorded_at);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE heads;
DROP TABLE events;
DROP FUNCTION refuse_change_of_events();
