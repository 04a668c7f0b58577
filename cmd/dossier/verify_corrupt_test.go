package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// corruption is one way to change a database past the service, and what verify
// must say of it.
type corruption struct {
	name       string
	tables     []string // that it changes
	statements []string
	check      string
	position   int64 // 0: the finding has none
	// consequences are what else may be found because of it.
	consequences []string
}

// What follows if the folded past of a stream is another one.
var refolded = []string{
	"head-version", "head-state", "session-differs", "session-missing", "session-extra", "step-differs", "step-missing", "step-extra",
	"flag-differs", "flag-missing", "flag-extra", "statistics-differ", "waiting-differs",
}

func corruptionsOfTheLog() []corruption {
	return []corruption{
		{"an event removed", []string{"events"}, []string{`DELETE FROM events WHERE position = 5`},
			"position-hole", 5, append(refolded, "version-hole", "delivery-event")},
		{"the last events removed", []string{"events"}, []string{`DELETE FROM events WHERE position > 20`},
			"log-cut-off", 21, append(refolded, "version-hole", "delivery-event", "model-ahead", "head-foreign", "checkpoint-root")},
		{"a byte of data", []string{"events"}, []string{`UPDATE events SET data = replace(data, 'blurred', 'blurret') WHERE position = 4`},
			"event-altered", 4, append(refolded, "")},
		{"data that is no JSON", []string{"events"}, []string{`UPDATE events SET data = substr(data, 2) WHERE position = 2`},
			"event-data", 2, append(refolded, "event-altered")},
		{"a type that nobody knows", []string{"events"}, []string{`UPDATE events SET type = 'kyc.invented.v1' WHERE position = 2`},
			"event-data", 2, append(refolded, "event-altered")},
		{"a payload", []string{"events"}, []string{`UPDATE events SET metadata = replace(metadata, 'LIVENESS', 'AIVENESS') WHERE position = 2`},
			"payload-hash", 2, []string{"event-altered"}},
		{"metadata that is no JSON", []string{"events"}, []string{`UPDATE events SET metadata = substr(metadata, 2) WHERE position = 2`},
			"event-metadata", 2, []string{"event-altered"}},
		{"metadata that hides the delivery", []string{"events"}, []string{`UPDATE events SET metadata = '{}' WHERE position = 2`},
			"delivery-event", 2, []string{"event-altered"}},
		{"a time", []string{"events"}, []string{`UPDATE events SET recorded_at = recorded_at - 3600000000 WHERE position = 7`},
			"time-backwards", 7, append(refolded, "event-altered", "delivery-event")},
		{"versions swapped", []string{"events"}, []string{
			`UPDATE events SET version = 1000 WHERE position = 5`, `UPDATE events SET version = 5 WHERE position = 6`,
			`UPDATE events SET version = 6 WHERE position = 5`},
			"version-order", 5, append(refolded, "event-altered", "delivery-event")},
		{"a version", []string{"events"}, []string{`UPDATE events SET version = 1000 WHERE position = 11`},
			"version-hole", 11, append(refolded, "event-altered", "delivery-event", "version-order")},
		{"an event id", []string{"events"}, []string{`UPDATE events SET event_id = '6ba7b810-9dad-41d1-80b4-00c04fd430c8' WHERE position = 3`},
			"event-id", 3, []string{"event-altered"}},
		{"a stream", []string{"events"}, []string{`UPDATE events SET stream = 'default' WHERE position = 3`},
			"event-stream", 3, append(refolded, "event-altered", "delivery-event", "delivery-missing", "version-hole")},
		{"an event moved to another session", []string{"events"}, []string{`UPDATE events SET stream = 'default/foreign' WHERE position = 11`},
			"event-altered", 11, append(refolded, "head-missing", "version-hole", "head-version")},
	}
}

func corruptionsOfWhatIsDerived() []corruption {
	const personsHead = ` WHERE stream = 'default/` + person + `'`
	const personsRow = ` WHERE session_id = '` + person + `'`
	return []corruption{
		{"a head's state", []string{"heads"}, []string{`UPDATE heads SET state = replace(state, 'APPROVED', 'REJECTED')` + personsHead}, "head-state", 22, nil},
		{"a head's state that is no JSON", []string{"heads"}, []string{`UPDATE heads SET state = 'x'` + personsHead}, "head-state", 22, nil},
		{"a head's version", []string{"heads"}, []string{`UPDATE heads SET version = 13` + personsHead}, "head-version", 22, nil},
		{"a head removed", []string{"heads"}, []string{`DELETE FROM heads` + personsHead}, "head-missing", 22, nil},
		{"a head of nobody", []string{"heads"}, []string{`INSERT INTO heads (stream, version, state) VALUES ('third/nobody', 1, '{}')`}, "head-foreign", 0, nil},
		{"a head without a name", []string{"heads"}, []string{`INSERT INTO heads (stream, version, state) VALUES ('nobody', 1, '{}')`}, "head-foreign", 0, nil},
		{"a session's status", []string{"sessions"}, []string{`UPDATE sessions SET status = 'REJECTED'` + personsRow}, "session-differs", 22, nil},
		{"a session's kind", []string{"sessions"}, []string{`UPDATE sessions SET kind = 'corporate'` + personsRow}, "session-differs", 22, nil},
		{"a session's flags", []string{"sessions"}, []string{`UPDATE sessions SET open_flags = 7` + personsRow}, "session-differs", 22, nil},
		{"a session's state", []string{"sessions"}, []string{`UPDATE sessions SET state = replace(state, '"n":3', '"n":4')` + personsRow}, "session-differs", 22, nil},
		{"a session removed", []string{"sessions"}, []string{`DELETE FROM sessions` + personsRow}, "session-missing", 22, nil},
		{"a session of nobody", []string{"sessions"}, []string{`INSERT INTO sessions (app, session_id, position, kind, status, open_flags, updated_at, state)
SELECT 'default', 'nobody', 9999, kind, status, open_flags, updated_at, state FROM sessions` + personsRow}, "session-extra", 9999, nil},
		{"a step's status", []string{"steps"}, []string{`UPDATE steps SET status = 'REJECTED'` + personsRow + ` AND step_id = '1253242'`}, "step-differs", 22, nil},
		{"a step's reason", []string{"steps"}, []string{`UPDATE steps SET reason = 'x'` + personsRow}, "step-differs", 22, nil},
		{"a step removed", []string{"steps"}, []string{`DELETE FROM steps` + personsRow + ` AND step_id = '1253242'`}, "step-missing", 22, nil},
		{"a step of nobody", []string{"steps"}, []string{`INSERT INTO steps (app, session_id, step_id, service, status, reason, submissions, updated_at)
VALUES ('fourth', 'nobody', '1', 'AML', 'APPROVED', '', 0, 1)`}, "step-extra", 0, nil},
		{"a step too many", []string{"steps"}, []string{`INSERT INTO steps (app, session_id, step_id, service, status, reason, submissions, updated_at)
VALUES ('default', '` + person + `', '77', 'AML', 'APPROVED', '', 0, 1)`}, "step-extra", 22, nil},
		{"a flag's state", []string{"flags"}, []string{`UPDATE flags SET state = 'open' WHERE position = 11`}, "flag-differs", 11, nil},
		{"a flag's note", []string{"flags"}, []string{`UPDATE flags SET note = 'x' WHERE position = 11`}, "flag-differs", 11, nil},
		{"a flag removed", []string{"flags"}, []string{`DELETE FROM flags WHERE position = 12`}, "flag-missing", 12, nil},
		{"a flag of nobody", []string{"flags"}, []string{`UPDATE flags SET position = 9999 WHERE position = 11`}, "flag-extra", 9999, []string{"flag-missing"}},
		{"a flag at an event that raises none", []string{"flags"}, []string{`UPDATE flags SET position = 1 WHERE position = 11`}, "flag-extra", 1, []string{"flag-missing"}},
		{"a count", []string{"stats"}, []string{`UPDATE stats SET count = count + 1 WHERE metric = 'opened' AND app = 'second'`}, "statistics-differ", 0, nil},
		{"a count removed", []string{"stats"}, []string{`DELETE FROM stats WHERE metric = 'opened' AND app = 'second'`}, "statistics-differ", 0, nil},
		{"a count of nothing", []string{"stats"}, []string{`INSERT INTO stats (hours, start, app, metric, service, label, detail, count) VALUES (1, 1, 'x', 'opened', '', '', '', 1)`}, "statistics-differ", 0, nil},
		{"a track that waits since another time", []string{"stats_waiting"}, []string{`UPDATE stats_waiting SET since = since + 1 WHERE app = 'second'`}, "waiting-differs", 0, nil},
		{"a track that waits removed", []string{"stats_waiting"}, []string{`DELETE FROM stats_waiting WHERE app = 'second'`}, "waiting-differs", 0, nil},
		{"a track that waits of nobody", []string{"stats_waiting"}, []string{`INSERT INTO stats_waiting (app, session_id, step_id, since) VALUES ('fifth', 'nobody', '', 1)`}, "waiting-differs", 0, nil},
		{"a read model ahead", []string{"checkpoints"}, []string{`UPDATE checkpoints SET position = 99999 WHERE name = 'flags'`}, "model-ahead", 99999, nil},
		{"a read model of other rules", []string{"checkpoints"}, []string{`UPDATE checkpoints SET version = 'x' WHERE name = 'sessions'`}, "model-version", 0, nil},
		{"a delivery that points elsewhere", []string{"deliveries"}, []string{`UPDATE deliveries SET position = 3, last_position = 3 WHERE position = 2`}, "delivery-event", 3, nil},
		{"a delivery that points at nothing", []string{"deliveries"}, []string{`UPDATE deliveries SET position = 99999 WHERE position = 2`}, "delivery-event", 99999, nil},
		{"a delivery that ends elsewhere", []string{"deliveries"}, []string{`UPDATE deliveries SET last_position = 14 WHERE position = 13`}, "delivery-event", 13, nil},
		{"a delivery's version", []string{"deliveries"}, []string{`UPDATE deliveries SET version = 99 WHERE position = 2`}, "delivery-event", 2, nil},
		{"a delivery of another app", []string{"deliveries"}, []string{`UPDATE deliveries SET app = 'third' WHERE position = 2`}, "delivery-event", 2, []string{"delivery-missing"}},
		{"a delivery's hash", []string{"deliveries"}, []string{`UPDATE deliveries SET sha256 = (SELECT sha256 FROM deliveries WHERE position = 3) WHERE position = 2`}, "delivery-hash", 2, []string{"delivery-missing"}},
		{"a delivery removed", []string{"deliveries"}, []string{`DELETE FROM deliveries WHERE position = 2`}, "delivery-missing", 2, nil},
	}
}

// TestVerifyNamesWhatWasChanged changes one thing at a time, and puts it back.
func TestVerifyNamesWhatWasChanged(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		richStore(t, databaseURL).stop()
		for _, table := range []string{"events", "heads", "sessions", "steps", "flags", "checkpoints", "deliveries", "stats", "stats_waiting"} {
			tamper(t, databaseURL, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
		}
		for _, c := range slices.Concat(corruptionsOfTheLog(), corruptionsOfWhatIsDerived()) {
			pass(t, databaseURL, c.statements...)
			a := verifyStore(t, databaseURL)
			if a.code != exitFindings || !a.names(c.check, c.position) {
				t.Errorf("%s: exit code %d, and not %s at %d:\n%s", c.name, a.code, c.check, c.position, a)
			}
			for _, f := range a.findings {
				if f.Check != c.check && !slices.Contains(c.consequences, f.Check) {
					t.Errorf("%s: found as well: %+v", c.name, f)
				}
			}
			for _, table := range c.tables {
				pass(t, databaseURL, `DELETE FROM `+table, `INSERT INTO `+table+` SELECT * FROM kept_`+table)
			}
		}
		checkHealthy(t, databaseURL)
	})
}

func corruptionsOfTheTree(head int64) []corruption {
	return []corruption{
		{"a leaf", []string{"tiles"}, nil, "tile-altered", 3, nil},
		{"a tile removed", []string{"tiles"}, []string{`DELETE FROM tiles WHERE level = 0 AND number = 0`}, "tile-missing", 1, nil},
		{"a checkpoint of more events than there are", []string{"log_checkpoints"},
			[]string{fmt.Sprintf(`UPDATE log_checkpoints SET size = %d`, head+5)}, "log-cut-off", head + 5, nil},
		{"a checkpoint that is none", []string{"log_checkpoints"}, []string{`UPDATE log_checkpoints SET note = 'x'`}, "checkpoint-malformed", head, nil},
		{"a checkpoint with another signature", []string{"log_checkpoints"},
			[]string{`UPDATE log_checkpoints SET note = replace(note, 'dossier-', 'dossier_')`}, "checkpoint-signature", head, nil},
	}
}

// aTile changes the hash of the leaf at position 3.
func aTile(databaseURL string) string {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return `UPDATE tiles SET hashes = CAST(substr(hashes, 1, 64) || x'00' || substr(hashes, 66) AS BLOB) WHERE level = 0 AND number = 0`
	}
	return `UPDATE tiles SET hashes = set_byte(hashes, 64, 255 - get_byte(hashes, 64)) WHERE level = 0 AND number = 0`
}

func TestVerifyNamesWhatWasChangedOfTheTree(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := richStore(t, databaseURL)
		head := s.head()
		s.stop()
		for _, table := range []string{"tiles", "log_checkpoints"} {
			tamper(t, databaseURL, `CREATE TABLE kept_`+table+` AS SELECT * FROM `+table)
		}
		for _, c := range corruptionsOfTheTree(head) {
			if c.statements == nil {
				c.statements = []string{aTile(databaseURL)}
			}
			tamper(t, databaseURL, c.statements...)
			a := verifyStore(t, databaseURL)
			if a.code != exitFindings || !a.names(c.check, c.position) {
				t.Errorf("%s: exit code %d, and not %s at %d:\n%s", c.name, a.code, c.check, c.position, a)
			}
			for _, table := range c.tables {
				tamper(t, databaseURL, `DELETE FROM `+table, `INSERT INTO `+table+` SELECT * FROM kept_`+table)
			}
		}
		checkHealthy(t, databaseURL)
	})
}
