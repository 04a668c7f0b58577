-- +goose Up

-- Counts by the hour (hours is 1) and by the day (24). start is hours since 1970
-- UTC; what label and detail are depends on the metric. The room left in each page lets a
-- count be rewritten beside itself.
CREATE TABLE stats (
    hours   bigint NOT NULL,
    start   bigint NOT NULL,
    app     text   COLLATE "C" NOT NULL,
    metric  text   COLLATE "C" NOT NULL,
    service text   COLLATE "C" NOT NULL,
    label   text   COLLATE "C" NOT NULL,
    detail  text   COLLATE "C" NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (hours, metric, start, app, service, label, detail)
) WITH (fillfactor = 70);

-- The tracks whose last submission was not decided yet, and when it was.
CREATE TABLE stats_waiting (
    app        text   COLLATE "C" NOT NULL,
    session_id text   COLLATE "C" NOT NULL,
    step_id    text   COLLATE "C" NOT NULL,
    since      bigint NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
);

-- +goose Down
DROP TABLE stats_waiting;
DROP TABLE stats;
