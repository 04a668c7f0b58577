-- +goose Up

-- The Merkle tree over the log, as tiles of up to 256 hashes; the last of each
-- level grows.
CREATE TABLE tiles (
    level  bigint NOT NULL,
    number bigint NOT NULL,
    hashes bytea  NOT NULL,
    PRIMARY KEY (level, number)
);

-- Signed checkpoints: the newest, and before it one for each hour.
CREATE TABLE log_checkpoints (
    size      bigint PRIMARY KEY,
    note      text   COLLATE "C" NOT NULL,
    signed_at bigint NOT NULL
);

-- What servers found out that the log has lost: the last event that was known to
-- be committed, or what a signed checkpoint commits to, and where the log ended
-- when that was noticed. Event ids and the note are empty where they are not known.
-- noticed_at is microseconds since 1970 UTC.
CREATE TABLE log_cuts (
    had_position  bigint NOT NULL CHECK (had_position > 0),
    had_event     text   COLLATE "C" NOT NULL,
    head_position bigint NOT NULL,
    head_event    text   COLLATE "C" NOT NULL,
    note          text   COLLATE "C" NOT NULL,
    noticed_at    bigint NOT NULL,
    PRIMARY KEY (had_position, had_event, note)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change_of_log_cuts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what the log has lost stays recorded: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER log_cuts_are_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log_cuts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log_cuts();
ALTER TABLE log_cuts ENABLE ALWAYS TRIGGER log_cuts_are_append_only;

-- +goose Down
DROP TABLE log_cuts;
DROP FUNCTION refuse_change_of_log_cuts();
DROP TABLE log_checkpoints;
DROP TABLE tiles;
