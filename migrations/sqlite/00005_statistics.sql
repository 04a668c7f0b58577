-- +goose Up

-- Counts by the hour (hours is 1) and by the day (24). start is hours since 1970
-- UTC; what label and detail are depends on the metric.
CREATE TABLE stats (
    hours   INTEGER NOT NULL,
    start   INTEGER NOT NULL,
    app     TEXT    NOT NULL,
    metric  TEXT    NOT NULL,
    service TEXT    NOT NULL,
    label   TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (hours, metric, start, app, service, label, detail)
) STRICT, WITHOUT ROWID;

-- The tracks whose last submission was not decided yet, and when it was.
CREATE TABLE stats_waiting (
    app        TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    step_id    TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE stats_waiting;
DROP TABLE stats;
