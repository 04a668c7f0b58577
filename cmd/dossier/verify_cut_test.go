package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// restoreOlder puts a database, that no server uses, back to its first events, as
// an older backup does: all of it goes, but not what the key remembers.
func restoreOlder(t *testing.T, databaseURL, key, position string) {
	t.Helper()
	i := breakIn(t, databaseURL, key)
	i.do(`DELETE FROM events WHERE position > `+position, `DELETE FROM deliveries WHERE position > `+position,
		`DELETE FROM heads WHERE stream NOT IN (SELECT stream FROM events)`,
		`DELETE FROM tiles`, `DELETE FROM log_checkpoints`,
		`DELETE FROM sessions`, `DELETE FROM steps`, `DELETE FROM flags`, `DELETE FROM stats`, `DELETE FROM stats_waiting`, `DELETE FROM checkpoints`)
	if strings.HasPrefix(databaseURL, "sqlite:") {
		i.do(`CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'no'); END`,
			`CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'no'); END`)
	} else {
		i.do(`ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_append_only`)
	}
	if err := i.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name string, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// find returns the findings of a check.
func (a audited) find(check string) (all []findingJSON) {
	for _, f := range a.findings {
		if f.Check == check {
			all = append(all, f)
		}
	}
	return all
}

// An older backup is put back while no server runs, so none had anything in
// memory. What the key has signed tells of the loss, for as long as the database
// lives, and to whom kept no checkpoint, too; and it hides no other finding.
func TestALossIsRecordedAndStaysAFinding(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		key := filepath.Join(t.TempDir(), "key")
		s := serve(t, databaseURL, keyAt(key))
		sendNumbered(s, "kept", 5)
		_, older := s.sealed(t, 5)
		sendNumbered(s, "ghost", 3)
		_, newer := s.sealed(t, 8)
		s.stop()
		keptOlder, keptNewer := write(t, "older.txt", older), write(t, "newer.txt", newer)
		restoreOlder(t, databaseURL, key, "5")

		s = serve(t, databaseURL, keyAt(key))
		// Noticed while the log ends before what is lost: it is known then which
		// positions a cut may explain.
		sendNumbered(s, "first", 1)
		recorded := func() bool { return len(verifyStore(t, databaseURL).find("log-cut-back")) > 0 }
		eventually(t, "the loss is recorded", recorded)
		sendNumbered(s, "real", 3)
		a := verifyStore(t, databaseURL, "--checkpoint="+keptOlder)
		cut := a.find("log-cut-back")
		if a.code != exitFindings || len(a.findings) != 1 || len(cut) != 1 || cut[0].Last != 8 ||
			!strings.Contains(cut[0].Expected, "the 8 events that a checkpoint that was signed by the key of the log commits to") ||
			!strings.Contains(cut[0].Found, "the checkpoint of 5 events confirms those") {
			t.Errorf("exit code %d:\n%s", a.code, a)
		}
		s.stop()
		serve(t, databaseURL, keyAt(key)).stop() // which notices it as well
		if n := len(verifyStore(t, databaseURL).find("log-cut-back")); n != 1 {
			t.Errorf("one loss is recorded %d times", n)
		}
		a = verifyStore(t, databaseURL, "--checkpoint="+keptNewer)
		other := a.find("checkpoint-inconsistent")
		if len(other) != 1 || !strings.Contains(other[0].Found, "see log-cut-back") {
			t.Errorf("with the checkpoint of what is lost:\n%s", a)
		}
		must(t, databaseURL, "log-key", "replace", "--log-key-file="+key, "--former="+former(s))
		cut = verifyStore(t, databaseURL).find("log-cut-back")
		if len(cut) != 1 || !strings.Contains(cut[0].Expected, "the 8 events that a checkpoint that a former key of the log has signed commits to") {
			t.Errorf("after the key was replaced: %+v", cut)
		}
		i := breakIn(t, databaseURL, key)
		i.do(`UPDATE events SET data = replace(data, 'PENDING', 'APPENDING') WHERE position = 3`)
		a = verifyStore(t, databaseURL, "--checkpoint="+keptOlder)
		other = a.find("checkpoint-inconsistent")
		if len(other)+len(a.find("event-altered")) == 0 || len(a.find("log-cut-back")) != 1 {
			t.Errorf("an event that was altered besides:\n%s", a)
		}
		for _, f := range append(other, a.find("event-altered")...) {
			if strings.Contains(f.Found, "log-cut-back") {
				t.Errorf("an event that was not lost is excused: %s", f.Found)
			}
		}
	})
}

// Hashes of lost events are still there, as a copy of some tables only leaves
// them: other events at their positions are not called altered without more, and
// who writes such a record excuses nothing else by it.
func TestEventsInThePlaceOfLostOnesAreNotSimplyCalledAltered(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		sendNumbered(s, "a", 6)
		s.sealed(t, 6)
		s.stop()
		i := breakIn(t, databaseURL, "")
		i.do(`UPDATE events SET metadata = '{}' WHERE position IN (2, 5)`,
			`INSERT INTO log_cuts (had_position, had_event, head_position, head_event, note, noticed_at) VALUES (6, 'x', 4, 'y', '', 1)`)
		a := verifyStore(t, databaseURL)
		altered := a.find("event-altered")
		if len(altered) != 2 || len(a.find("log-cut-back")) != 1 {
			t.Fatalf("%s", a)
		}
		for _, f := range altered {
			if explained := strings.Contains(f.Found, "log-cut-back"); explained != (f.Position == 5) {
				t.Errorf("position %d: %s", f.Position, f.Found)
			}
		}
		// A record of what is there after all is none of a loss.
		var id string
		if err := i.db.QueryRow(`SELECT event_id FROM events WHERE position = 6`).Scan(&id); err != nil {
			t.Fatal(err)
		}
		i.do(`INSERT INTO log_cuts (had_position, had_event, head_position, head_event, note, noticed_at) VALUES (6, '` + id + `', 4, 'y', '', 1)`)
		if n := len(verifyStore(t, databaseURL).find("log-cut-back")); n != 1 {
			t.Errorf("%d losses", n)
		}
		for _, statement := range []string{`DELETE FROM log_cuts`, `UPDATE log_cuts SET noticed_at = 2`} {
			if _, err := i.db.Exec(statement); err == nil {
				t.Errorf("%s: done", statement)
			}
		}
	})
}

// A part of a database was restored, so that read models have folded events which
// the log does not have. Nothing is told from them, the log says so, and they come
// right by themselves: at the next start, and under a server that runs.
func TestAReadModelThatIsAheadOfTheLogIsBuiltAnew(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		kept := sendNumbered(s, "kept", 3)
		ghosts := sendNumbered(s, "ghost", 3)
		awaitSealed(t, databaseURL)
		s.stop()
		i := breakIn(t, databaseURL, "")
		i.do(`DELETE FROM events WHERE position > 3`, `DELETE FROM deliveries WHERE position > 3`,
			`DELETE FROM heads WHERE stream NOT IN (SELECT stream FROM events)`)
		s = serve(t, databaseURL)
		eventually(t, "the lost sessions are gone", func() bool {
			gone := 0
			for _, id := range ghosts {
				a := s.get(sessionPath("default", id))
				if a.status == http.StatusServiceUnavailable {
					checkProblem(t, id, a, http.StatusServiceUnavailable, "read-model-ahead")
				} else if a.status == http.StatusNotFound {
					gone++
				} else {
					t.Fatalf("a session that the log does not have: %d %s", a.status, a.body)
				}
			}
			return gone == len(ghosts)
		})
		for _, id := range append(kept, sendNumbered(s, "real", 5)...) {
			equal(t, id, s.session(id, 8).Status, "PENDING_VERIFICATION") // the last event is at 8
		}
		eventually(t, "the read models are whole", func() bool {
			for _, f := range verifyStore(t, databaseURL).findings {
				if strings.HasPrefix(f.Check, "session") || strings.HasPrefix(f.Check, "model") || strings.HasPrefix(f.Check, "stat") || strings.HasPrefix(f.Check, "waiting") {
					return false
				}
			}
			return true
		})
		if !strings.Contains(s.logs.String(), "a read model is built anew") {
			t.Error("the log does not tell of it")
		}
		// Under a server that runs.
		i.do(`UPDATE checkpoints SET position = 100 WHERE name = 'flags'`)
		eventually(t, "the running server has built it anew", func() bool {
			return s.get("/v1/flags").status == http.StatusOK && strings.Contains(s.logs.String(), "folded events that the log does not have, and is built anew")
		})
	})
}
