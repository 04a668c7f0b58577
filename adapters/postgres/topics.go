package postgres

const hasTopic = `SELECT to_regclass('@') IS NOT NULL`

// The database gives positions under a lock of the topic, whoever inserts: a
// sequence would leave holes, and would let a message be seen before one with a
// smaller position. What is read after the lock sees all that its holders before
// have committed: each statement of a function looks anew. The locks, "dost" and
// the topic's table, are none of the event log's. A position that is given
// stays, and leaves no hole: a copy (pg_restore, a subscription) must say what the
// original says, and works with an empty search_path. Making topics takes turns,
// with the number 0, for two that make one at once would both find none.
// Statements that come together are one transaction.
const createTopic = `SELECT pg_advisory_xact_lock(1685025652, 0);
CREATE TABLE IF NOT EXISTS @ (
  position   bigint PRIMARY KEY CHECK (position > 0),
  uuid       text   COLLATE "C" NOT NULL,
  payload    bytea  NOT NULL,
  metadata   text   COLLATE "C" NOT NULL,
  created_at bigint NOT NULL
);
CREATE OR REPLACE FUNCTION number_message() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $number$
BEGIN
    PERFORM pg_advisory_xact_lock(1685025652, (TG_RELID::bigint - 2147483648)::integer);
    IF NEW.position IS NULL THEN
        EXECUTE format('SELECT coalesce(max(position), 0) + 1 FROM %s', TG_RELID::regclass) INTO NEW.position;
    END IF;
    RETURN NEW;
END
$number$;
CREATE OR REPLACE FUNCTION refuse_hole_in_topic() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $hole$
DECLARE
    continues boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE position = $1)', TG_RELID::regclass) INTO continues USING NEW.position - 1;
    IF NOT continues THEN
        RAISE EXCEPTION 'a topic has no holes: the position % is refused', NEW.position
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END
$hole$;
CREATE OR REPLACE TRIGGER message_is_numbered BEFORE INSERT ON @ FOR EACH ROW EXECUTE FUNCTION number_message();
CREATE OR REPLACE TRIGGER topic_has_no_holes AFTER INSERT ON @
FOR EACH ROW WHEN (NEW.position > 1) EXECUTE FUNCTION refuse_hole_in_topic();
ALTER TABLE @ ENABLE ALWAYS TRIGGER message_is_numbered;
ALTER TABLE @ ENABLE ALWAYS TRIGGER topic_has_no_holes`

// The parameter is text, not arrays as elsewhere: it comes over connections that
// others opened, too.
const insertMessages = `INSERT INTO @ (uuid, payload, metadata, created_at)
SELECT value ->> 0, decode(value ->> 1, 'hex'), value ->> 2, (value ->> 3)::bigint
FROM json_array_elements($1::json) WITH ORDINALITY AS message (value, number) ORDER BY number`
