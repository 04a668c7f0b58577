-- +goose Up

-- Counts by the hour, which any span adds up. hour is hours since 1970 UTC; what
-- label and detail are depends on the metric. The room left in each page lets a
-- count be rewritten beside itself.
CREATE TABLE stats (
    hour    bigint NOT NULL,
    app     text   COLLATE "C" NOT NULL,
    metric  text   COLLATE "C" NOT NULL,
    service text   COLLATE "C" NOT NULL,
    label   text   COLLATE "C" NOT NULL,
    detail  text   COLLATE "C" NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (hour, app, metric, service, label, detail)
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
