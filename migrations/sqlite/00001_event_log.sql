-- +goose Up

-- The log. recorded_at is microseconds since 1970 UTC.
CREATE TABLE events (
    position    INTEGER PRIMARY KEY CHECK (position > 0),
    event_id    TEXT    NOT NULL UNIQUE,
    stream      TEXT    NOT NULL,
    version     INTEGER NOT NULL CHECK (version > 0),
    type        TEXT    NOT NULL,
    data        TEXT    NOT NULL,
    metadata    TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    UNIQUE (stream, version)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only: UPDATE is refused');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only: DELETE is refused');
END;
-- +goose StatementEnd

-- An INSERT OR REPLACE deletes what is in its way without firing the trigger
-- above.
-- +goose StatementBegin
CREATE TRIGGER events_refuse_replace BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
  OR EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
  OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND version = NEW.version)
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only: REPLACE is refused');
END;
-- +goose StatementEnd

-- Where each stream stands: a cache of the log that can be rebuilt from it.
CREATE TABLE heads (
    stream  TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    state   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- What was delivered, so that it is stored once. The same id may come with
-- other bytes: that is stored too, as the conflict that it is.
CREATE TABLE deliveries (
    app           TEXT    NOT NULL,
    delivery_id   TEXT    NOT NULL,
    sha256        BLOB    NOT NULL,
    position      INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    recorded_at   INTEGER NOT NULL,
    PRIMARY KEY (app, delivery_id, sha256)
) STRICT;
CREATE INDEX deliveries_by_age ON deliveries (recorded_at);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE heads;
DROP TABLE events;
