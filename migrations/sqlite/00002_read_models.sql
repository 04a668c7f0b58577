-- +goose Up

-- How far each read model is, and which version of it the tables hold.
CREATE TABLE checkpoints (
    name     TEXT    PRIMARY KEY,
    version  TEXT    NOT NULL,
    position INTEGER NOT NULL
) STRICT;

-- state is the folded session; the other columns are there to be searched.
CREATE TABLE sessions (
    app        TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    position   INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    open_flags INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    PRIMARY KEY (app, session_id)
) STRICT;
CREATE INDEX sessions_by_position ON sessions (position);
CREATE INDEX sessions_by_status ON sessions (status, position);
CREATE INDEX sessions_flagged ON sessions (position) WHERE open_flags > 0;

CREATE TABLE steps (
    app         TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    step_id     TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    submissions INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (app, session_id, step_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
    position    INTEGER PRIMARY KEY,
    app         TEXT    NOT NULL,
    session_id  TEXT    NOT NULL,
    step_id     TEXT    NOT NULL,
    service     TEXT    NOT NULL,
    violation   TEXT    NOT NULL,
    severity    TEXT    NOT NULL,
    from_status TEXT    NOT NULL,
    attempted   TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    flagged_at  INTEGER NOT NULL,
    resolved_at INTEGER NOT NULL, -- 0 while open
    resolved_by TEXT    NOT NULL,
    note        TEXT    NOT NULL
) STRICT;
CREATE INDEX flags_by_state ON flags (state, position);

-- +goose Down
DROP TABLE flags;
DROP TABLE steps;
DROP TABLE sessions;
DROP TABLE checkpoints;
