package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// appsOfAudit are the credentials of two apps.
const appsOfAudit = "DOSSIER_WEBHOOK_SECRETS=default=" + hookSecret + ",second=" + hookSecret

// richStore leaves a database that has seen everything, with the read models
// and the sealed log at its head. The first eleven events are those of the
// person of personsLife.
func richStore(t *testing.T, databaseURL string) *server {
	t.Helper()
	s := serve(t, databaseURL, appsOfAudit)
	live(t, s.client, person, personsLife())
	s.send(hook{id: "evt_early", attempt: 1, fields: withID("ill-3f1c", of("1", "LIVENESS", "APPROVED", ""))}, "flagged")              // 12
	s.send(hook{id: "evt_late", attempt: 3, fields: withID("ill-3f1c", of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")   // 13 to 15
	s.send(hook{id: "evt_late", attempt: 4, fields: withID("ill-3f1c", of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "duplicate") // none
	s.send(hook{id: "evt_late", attempt: 5, fields: withID("ill-3f1c", of("1", "LIVENESS", "APPROVED", ""))}, "flagged")               // 16: a conflict
	s.send(hook{app: "second", id: "evt_late", fields: withID("other", of("1", "AML", "REJECTED", ""))}, "applied")                    // 17, 18: without a reason
	s.send(hook{app: "second", id: "evt_after", fields: withID("other", of("1", "AML", "APPROVED", ""))}, "flagged")                   // 19
	equal(t, "ruling", s.as(reviewerToken).resolve(19, "accept", "Checked with the provider.").status, 200)                            // 20, 21
	equal(t, "ruling", s.as(reviewerToken).resolve(11, "dismiss", "It changes nothing.").status, 200)                                  // 22
	s.send(hook{fields: withID("other", fields{"status": "PENDING_VERIFICATION"})}, "applied")                                         // 23: no delivery id
	s.send(hook{fields: withID("other", fields{"status": "RESET"})}, "applied")                                                        // 24
	s.send(hook{id: "evt_x", fields: withID("other", fields{"status": "APPROVED"})}, "flagged")                                        // 25
	s.send(hook{app: "second", id: "evt_w", fields: withID("waits", fields{"status": "PENDING_VERIFICATION"})}, "applied")
	target := "--url=" + s.base + hook{}.path()
	equal(t, "simulate", commandIn(bounded(t), nil, "simulate", "--json", "--sessions=40", "--rate=0", "--seed=7", target).code, exitFine)
	awaitSealed(t, databaseURL)
	return s
}

// awaitSealed returns when all that is derived from the log is at its head.
func awaitSealed(t *testing.T, databaseURL string) {
	t.Helper()
	db := raw(t, databaseURL)
	eventually(t, "everything is folded and signed", func() bool {
		var behind int64
		err := db.QueryRowContext(bounded(t), `SELECT (SELECT count(*) FROM checkpoints WHERE position < (SELECT max(position) FROM events))
  + (SELECT CASE WHEN max(size) = (SELECT max(position) FROM events) THEN 0 ELSE 1 END FROM log_checkpoints)`).Scan(&behind)
		return err == nil && behind == 0
	})
}

// audited is what `dossier verify --json` said.
type audited struct {
	code     int
	findings []findingJSON
	err      string
}

func verifyStore(t *testing.T, databaseURL string, args ...string) audited {
	t.Helper()
	o := carryOut(t, databaseURL, append([]string{"verify", "--json"}, args...)...)
	a := audited{code: o.code, err: o.err}
	lines := bufio.NewScanner(strings.NewReader(o.out))
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), `{"summary"`) {
			continue
		}
		var f findingJSON
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		a.findings = append(a.findings, f)
	}
	for _, secret := range []string{person, "ill-3f1c", hookSecret, "Checked with"} {
		if strings.Contains(o.out+o.err, secret) {
			t.Errorf("%q is shown: %s %s", secret, o.out, o.err)
		}
	}
	return a
}

func (a audited) String() string {
	var b strings.Builder
	for _, f := range a.findings {
		fmt.Fprintf(&b, "%s%s: expected %s; found %s\n", f.Check, f.where(), f.Expected, f.Found)
	}
	return b.String() + a.err
}

func checkHealthy(t *testing.T, databaseURL string, args ...string) {
	t.Helper()
	if a := verifyStore(t, databaseURL, args...); a.code != exitFine || len(a.findings) > 0 {
		t.Errorf("a healthy store: exit code %d:\n%s", a.code, a)
	}
}

func TestAHealthyStoreHasNoFindings(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := richStore(t, databaseURL)
		checkHealthy(t, databaseURL)
		s.stop()
		before := dump(t, databaseURL)
		checkHealthy(t, databaseURL)
		if dump(t, databaseURL) != before {
			t.Error("verify changed the database")
		}
		out := must(t, databaseURL, "verify")
		if !strings.Contains(out, "no findings") || !strings.Contains(out, "checked with the key that is stored") {
			t.Errorf("the summary:\n%s", out)
		}
	})
}

// dump returns all rows of all tables.
func dump(t *testing.T, databaseURL string) string {
	t.Helper()
	var b strings.Builder
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(content)
	}
	db := raw(t, databaseURL)
	for _, table := range []string{
		"events", "heads", "deliveries", "checkpoints", "sessions", "steps", "flags", "stats", "stats_waiting", "tokens", "settings", "tiles", "log_checkpoints", "log_cuts", "goose_db_version",
	} {
		rows, err := db.QueryContext(bounded(t), `SELECT * FROM `+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, table, values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	return b.String()
}

// All is read in many snapshots, and none of them may show what is only on its
// way: neither events and read models that are behind, nor tables that are
// replaced.
func TestAStoreThatIsWrittenToHasNoFindings(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL, appsOfAudit)
		live(t, s.client, person, personsLife())
		variables := environment(databaseURL).Variables
		ended := make(chan struct{})
		var working sync.WaitGroup
		working.Go(func() {
			defer close(ended)
			commandIn(bounded(t), nil, "simulate", "--json", "--sessions=60", "--rate=300", "--seed=11", "--url="+s.base+hook{}.path())
		})
		working.Go(func() {
			for done := false; !done; done = isClosed(ended) {
				if o := commandIn(bounded(t), variables, "rebuild", "--json"); o.code != exitFine {
					t.Errorf("rebuild: exit code %d: %s", o.code, o.err)
				}
			}
		})
		for done := false; !done; done = isClosed(ended) {
			checkHealthy(t, databaseURL)
		}
		working.Wait()
		checkHealthy(t, databaseURL)
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestVerifyRefusesWhatItCannotCheck(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		o := carryOut(t, databaseURL, "verify")
		equal(t, "exit code without a schema", o.code, exitFailure)
		if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
			if _, err := os.Stat(path); err == nil {
				t.Error("verify made the file")
			}
		}
		must(t, databaseURL, "migrate")
		checkHealthy(t, databaseURL)
		for _, args := range [][]string{
			{"--checkpoint=" + filepath.Join(t.TempDir(), "missing")},
			{"--checkpoint=" + written(t, "no checkpoint")},
			{"--key=no key", "--checkpoint=" + written(t, "dossier\n1\nAAAA\n\n— x\n")},
		} {
			if o := carryOut(t, databaseURL, append([]string{"verify"}, args...)...); o.code != exitFailure || o.err == "" {
				t.Errorf("%v: exit code %d %s", args, o.code, o.err)
			}
		}
		tamper(t, databaseURL, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, `+truth(databaseURL)+`)`)
		o = carryOut(t, databaseURL, "verify")
		if o.code != exitFailure || !strings.Contains(o.err, "newer than this program") {
			t.Errorf("a schema of the future: exit code %d %s", o.code, o.err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		equal(t, "exit code when it is interrupted", commandIn(ended, environment(databaseURL).Variables, "verify").code, exitFailure)
	})
}

func truth(databaseURL string) string {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return "1"
	}
	return "true"
}

// written returns a file with a text.
func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "note")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tamper executes statements past the service.
func tamper(t *testing.T, databaseURL string, statements ...string) {
	t.Helper()
	db := raw(t, databaseURL)
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(bounded(t), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// pass executes statements past the triggers of the log, as an administrator
// could who leaves no trace of it.
func pass(t *testing.T, databaseURL string, statements ...string) {
	t.Helper()
	if !strings.HasPrefix(databaseURL, "sqlite:") {
		tamper(t, databaseURL, slices.Concat([]string{`ALTER TABLE events DISABLE TRIGGER ALL`}, statements,
			[]string{`ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_append_only`})...)
		return
	}
	var drop, create []string
	db := raw(t, databaseURL)
	defer db.Close()
	rows, err := db.QueryContext(bounded(t), `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'events'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		drop, create = append(drop, `DROP TRIGGER `+name), append(create, statement)
	}
	if err := rows.Err(); err != nil || len(drop) == 0 {
		t.Fatal(err, drop)
	}
	rows.Close()
	tamper(t, databaseURL, slices.Concat(drop, statements, create)...)
}

// names says whether a check named a position.
func (a audited) names(check string, position int64) bool {
	return slices.ContainsFunc(a.findings, func(f findingJSON) bool {
		return f.Check == check && (f.Position == position || f.Position <= position && position <= f.Last)
	})
}
