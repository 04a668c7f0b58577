-- +goose Up

-- Who read or exported what. recorded_at is microseconds since 1970 UTC. An
-- INSERT that gives no number gets the next one.
CREATE TABLE access_log (
    number      INTEGER PRIMARY KEY CHECK (number > 0),
    recorded_at INTEGER NOT NULL,
    actor       TEXT    NOT NULL,
    role        TEXT    NOT NULL, -- empty at the command line
    via         TEXT    NOT NULL CHECK (via IN ('api', 'cli')),
    action      TEXT    NOT NULL,
    app         TEXT    NOT NULL, -- empty, as is the next, if it was about no one session
    session_id  TEXT    NOT NULL,
    detail      TEXT    NOT NULL
) STRICT;
CREATE INDEX access_log_by_actor ON access_log (actor, number);

-- +goose StatementBegin
CREATE TRIGGER access_log_refuse_update BEFORE UPDATE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only: UPDATE is refused');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER access_log_refuse_delete BEFORE DELETE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only: DELETE is refused');
END;
-- +goose StatementEnd

-- An INSERT OR REPLACE deletes what is in its way without firing the trigger
-- above.
-- +goose StatementBegin
CREATE TRIGGER access_log_refuse_replace BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'the access log is append-only: REPLACE is refused');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER access_log_refuse_hole AFTER INSERT ON access_log
WHEN NEW.number > 1 AND NOT EXISTS (SELECT 1 FROM access_log WHERE number = NEW.number - 1)
BEGIN
    SELECT RAISE(ABORT, 'the access log has no holes: the number is refused');
END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE access_log;
