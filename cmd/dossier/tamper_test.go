package main

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// intruder is one who can write to the database, its triggers off, and has
// reached the key as well.
type intruder struct {
	t   *testing.T
	db  *sql.DB
	key string // its file
}

// breakIn returns an intruder into a database that no server uses.
func breakIn(t *testing.T, databaseURL, key string) intruder {
	t.Helper()
	i := intruder{t, raw(t, databaseURL), key}
	if strings.HasPrefix(databaseURL, "sqlite:") {
		i.do(`DROP TRIGGER events_refuse_update`, `DROP TRIGGER events_refuse_delete`)
	} else {
		i.do(`ALTER TABLE events DISABLE TRIGGER events_are_append_only`)
	}
	return i
}

func (i intruder) do(statements ...string) {
	i.t.Helper()
	for _, statement := range statements {
		if _, err := i.db.Exec(statement); err != nil {
			i.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// unseal removes all that was ever signed, so that the next server seals the log
// as it is now, with the same key.
func (i intruder) unseal() {
	i.t.Helper()
	i.do(`DELETE FROM tiles`, `DELETE FROM log_checkpoints`, `DELETE FROM checkpoints WHERE name = 'transparency_log'`)
	if err := os.Remove(i.key + memorySuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		i.t.Fatal(err)
	}
	if err := i.db.Close(); err != nil {
		i.t.Fatal(err)
	}
}

// crime is a way to change history.
type crime struct {
	name       string
	statements []string
	finding    string // of who kept an earlier checkpoint
	toldBy     string // of who kept evidence of the third event
}

func crimes() []crime {
	cut := []string{`DELETE FROM events WHERE position > 5`, `DELETE FROM deliveries`, `DELETE FROM heads`}
	return []crime{
		{"an event altered", []string{`UPDATE events SET data = replace(data, 'LIVENESS', 'PHONE') WHERE position = 3`}, "checkpoint-inconsistent",
			"position 3, version 1: the log has another event there"},
		{"two events exchanged", []string{
			`UPDATE events SET position = -2 WHERE position = 2`, `UPDATE events SET position = 2 WHERE position = 4`,
			`UPDATE events SET position = 4 WHERE position = -2`,
		}, "checkpoint-inconsistent", "the log was written anew: its first 8 events are not those of the evidence"},
		{"an event dated back", []string{`UPDATE events SET recorded_at = recorded_at - 1 WHERE position = 1`}, "checkpoint-inconsistent",
			"the log was written anew: its first 8 events are not those of the evidence"},
		{"the end cut off", cut, "log-cut-off", "events were cut off: the log has 5 events, and had 8"},
	}
}

// Whoever kept one checkpoint finds out what was done to the history, even when
// all was sealed and signed anew with the right key.
func TestWhoKeptACheckpointFindsAnAlteredHistory(t *testing.T) {
	for _, crime := range crimes() {
		t.Run(crime.name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, databaseURL string) {
				commit(t, databaseURL, crime)
			})
		})
	}
}

func commit(t *testing.T, databaseURL string, crime crime) {
	key := filepath.Join(t.TempDir(), "key")
	honest := serve(t, databaseURL, keyAt(key))
	var last int64
	for n := range 8 {
		last = honest.send(submitted(fmt.Sprint("person-", n)), "applied").last
	}
	_, note := honest.sealed(t, last)
	verifier := honest.service.logKey.verifiers
	kept := filepath.Join(t.TempDir(), "kept.txt")
	if err := os.WriteFile(kept, note, 0o600); err != nil {
		t.Fatal(err)
	}
	checkLog(t, honest, verifier, kept, "ok ", exitFine)
	exported := filepath.Join(t.TempDir(), "person-2.json")
	must(t, databaseURL, "export", "--session=person-2", "-o", exported, "--log-key-file="+key)
	checkEvidence(t, honest, databaseURL, verifier, exported, "1 event of the evidence is in the log", exitFine)
	honest.stop()

	i := breakIn(t, databaseURL, key)
	if strings.Contains(crime.name, "exchanged") && !strings.HasPrefix(databaseURL, "sqlite:") {
		i.do(`ALTER TABLE events DROP CONSTRAINT events_position_check`)
	}
	if strings.Contains(crime.name, "exchanged") && strings.HasPrefix(databaseURL, "sqlite:") {
		i.do(`PRAGMA ignore_check_constraints = on`)
	}
	i.do(crime.statements...)
	i.unseal()
	forged := serve(t, databaseURL, keyAt(key))
	forged.sealed(t, 5)
	checkLog(t, forged, verifier, kept, crime.finding, exitFindings)
	o := commandIn(bounded(t), environment(databaseURL).Variables, "verify", "--key", verifier, "--checkpoint", kept)
	if o.code != exitFindings || !strings.Contains(o.out, crime.finding) {
		t.Errorf("the store: exit code %d\n%s%s", o.code, o.out, o.err)
	}
	checkEvidence(t, forged, databaseURL, verifier, exported, crime.toldBy, exitFindings)
}

// checkEvidence compares evidence that was exported earlier with the log as it is
// now, of the store and as a server serves it.
func checkEvidence(t *testing.T, s *server, databaseURL, verifier, exported, want string, code int) {
	t.Helper()
	for _, where := range [][]string{{}, {"--log", s.base + "/log"}} {
		args := append([]string{"verify", "--key", verifier, "--evidence", exported}, where...)
		o := commandIn(bounded(t), environment(databaseURL).Variables, args...)
		if o.code != code || !strings.Contains(o.out, want) {
			t.Errorf("%v: exit code %d, want %d and %q\n%s%s", where, o.code, code, want, o.out, o.err)
		}
	}
}

// checkLog compares the log that a server serves with a checkpoint in a file.
func checkLog(t *testing.T, s *server, verifier, kept, want string, code int) {
	t.Helper()
	o := commandIn(bounded(t), environment("").Variables, "verify", "--log", s.base+"/log", "--key", verifier, "--checkpoint", kept)
	if o.code != code || !strings.Contains(o.out, want) {
		t.Errorf("exit code %d, want %d and %q\n%s%s", o.code, code, want, o.out, o.err)
	}
}
