-- +goose Up

-- Who read or exported what. recorded_at is microseconds since 1970 UTC.
CREATE TABLE access_log (
    number      bigint PRIMARY KEY CHECK (number > 0),
    recorded_at bigint NOT NULL,
    actor       text   COLLATE "C" NOT NULL,
    role        text   COLLATE "C" NOT NULL, -- empty at the command line
    via         text   COLLATE "C" NOT NULL CHECK (via IN ('api', 'cli')),
    action      text   COLLATE "C" NOT NULL,
    app         text   COLLATE "C" NOT NULL, -- empty, as is the next, if it was about no one session
    session_id  text   COLLATE "C" NOT NULL,
    detail      text   COLLATE "C" NOT NULL
);
CREATE INDEX access_log_by_actor ON access_log (actor, number);

-- Whoever inserts gets the next number: a sequence would leave holes, and would
-- let a number be seen before a smaller one. The lock, "doss" and 6, is none of
-- the event log's. What is read after it sees all that its holders before have
-- committed: each statement of a function looks anew. A number that is given
-- stays, for a copy of this table (pg_restore, a subscription) must say what the
-- original says. Both of these work with an empty search_path, and give their
-- functions no other, so nothing here is named without its schema.
-- +goose StatementBegin
CREATE FUNCTION number_access() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1685025651, 6);
    IF NEW.number IS NULL THEN
        EXECUTE format('SELECT coalesce(max(number), 0) + 1 FROM %s', TG_RELID::regclass) INTO NEW.number;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER access_log_is_numbered
    BEFORE INSERT ON access_log
    FOR EACH ROW EXECUTE FUNCTION number_access();

-- After the whole statement: a copy comes in the order of the disk.
-- +goose StatementBegin
CREATE FUNCTION refuse_hole_in_access_log() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
    continues boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE number = $1)', TG_RELID::regclass) INTO continues USING NEW.number - 1;
    IF NOT continues THEN
        RAISE EXCEPTION 'the access log has no holes: the number % is refused', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER access_log_has_no_holes
    AFTER INSERT ON access_log
    FOR EACH ROW WHEN (NEW.number > 1) EXECUTE FUNCTION refuse_hole_in_access_log();

-- +goose StatementBegin
CREATE FUNCTION refuse_change_of_access_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access log is append-only: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
-- +goose StatementEnd

CREATE TRIGGER access_log_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_access_log();
-- A session that plays a replica would skip ordinary triggers.
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_numbered;
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_has_no_holes;
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_append_only;

-- +goose Down
DROP TABLE access_log;
DROP FUNCTION refuse_change_of_access_log();
DROP FUNCTION refuse_hole_in_access_log();
DROP FUNCTION number_access();
