-- +goose Up

-- How far each read model is, and which version of it the tables hold.
CREATE TABLE checkpoints (
    name     text   COLLATE "C" PRIMARY KEY,
    version  text   COLLATE "C" NOT NULL,
    position bigint NOT NULL
);

-- state is the folded session; the other columns are there to be searched.
CREATE TABLE sessions (
    app        text   COLLATE "C" NOT NULL,
    session_id text   COLLATE "C" NOT NULL,
    position   bigint NOT NULL,
    kind       text   COLLATE "C" NOT NULL,
    status     text   COLLATE "C" NOT NULL,
    open_flags bigint NOT NULL,
    updated_at bigint NOT NULL,
    state      text   COLLATE "C" NOT NULL,
    PRIMARY KEY (app, session_id)
);
CREATE INDEX sessions_by_position ON sessions (position);
CREATE INDEX sessions_by_status ON sessions (status, position);
CREATE INDEX sessions_flagged ON sessions (position) WHERE open_flags > 0;

CREATE TABLE steps (
    app         text   COLLATE "C" NOT NULL,
    session_id  text   COLLATE "C" NOT NULL,
    step_id     text   COLLATE "C" NOT NULL,
    service     text   COLLATE "C" NOT NULL,
    status      text   COLLATE "C" NOT NULL,
    reason      text   COLLATE "C" NOT NULL,
    submissions bigint NOT NULL,
    updated_at  bigint NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) WITH (fillfactor = 80);

CREATE TABLE flags (
    position    bigint PRIMARY KEY,
    app         text   COLLATE "C" NOT NULL,
    session_id  text   COLLATE "C" NOT NULL,
    step_id     text   COLLATE "C" NOT NULL,
    service     text   COLLATE "C" NOT NULL,
    violation   text   COLLATE "C" NOT NULL,
    severity    text   COLLATE "C" NOT NULL,
    from_status text   COLLATE "C" NOT NULL,
    attempted   text   COLLATE "C" NOT NULL,
    reason      text   COLLATE "C" NOT NULL,
    state       text   COLLATE "C" NOT NULL,
    flagged_at  bigint NOT NULL,
    resolved_at bigint NOT NULL, -- 0 while open
    resolved_by text   COLLATE "C" NOT NULL,
    note        text   COLLATE "C" NOT NULL
);
CREATE INDEX flags_by_state ON flags (state, position);

-- +goose Down
DROP TABLE flags;
DROP TABLE steps;
DROP TABLE sessions;
DROP TABLE checkpoints;
