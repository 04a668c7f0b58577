package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"dossier/adapters/postgres/pgtest"
)

// leaves are all commands of the CLI, as one types them.
func leaves(t *testing.T) (all []string) {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("dossier"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		all = append(all, strings.TrimPrefix(leaf.FullPath(), "dossier "))
	}
	return all
}

// noDatabase are the arguments of each command that must not make a database.
func noDatabase(folder string) map[string][]string {
	return map[string][]string{
		"replay":          {},
		"verify":          {},
		"rebuild":         {},
		"export":          {"--from=1", "--output=" + filepath.Join(folder, "export")},
		"relay run":       {"--to=http://127.0.0.1:1/", "--relay-allow-private"},
		"relay parked":    {"x"},
		"relay replay":    {"x", "1"},
		"reconcile":       {"--synaps-api-keys=default=key", "--app=default", "--session=x"},
		"backup":          {filepath.Join(folder, "backup")},
		"token create":    {"--role=admin", "--name=x"},
		"token list":      {},
		"token revoke":    {"x"},
		"groups list":     {},
		"groups seek":     {"x", "--position=1"},
		"groups delete":   {"x"},
		"log-key replace": {"--log-key-file=" + filepath.Join(folder, "key")},
	}
}

// What names a database by mistake must not find one that was made for it. The
// table has every command; those that make one, or need none, are named.
func TestOnlyServeAndMigrateMakeADatabase(t *testing.T) {
	makes, needsNone := []string{"serve", "demo", "migrate", "restore"}, []string{"simulate", "version"}
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		table := noDatabase(t.TempDir())
		for _, command := range leaves(t) {
			args, ok := table[command]
			if !ok {
				if !slices.Contains(makes, command) && !slices.Contains(needsNone, command) {
					t.Errorf("%s is not in the table", command)
				}
				continue
			}
			o := carryOut(t, databaseURL, append(strings.Fields(command), args...)...)
			if o.code != exitFailure || !strings.Contains(o.err, "looked for in") || !strings.Contains(o.err, "DOSSIER_DATABASE_URL") {
				t.Errorf("%s: exit code %d, %s", command, o.code, o.err)
			}
			checkNothingMade(t, databaseURL, command)
		}
	})
}

func checkNothingMade(t *testing.T, databaseURL, command string) {
	t.Helper()
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		if left, err := filepath.Glob(path + "*"); err != nil || len(left) > 0 {
			t.Errorf("%s made %v, %v", command, left, err)
		}
		return
	}
	db := raw(t, databaseURL)
	defer db.Close()
	var tables int
	err := db.QueryRowContext(bounded(t), `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`).Scan(&tables)
	if err != nil || tables > 0 {
		t.Errorf("%s made %d tables, %v", command, tables, err)
	}
}

const newLog = "a new log begins here"

func TestANewLogIsToldLoudly(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		p := launch(t, databaseURL)
		client := p.client()
		client.send(submitted("first"), "applied")
		p.terminate()
		place := "public"
		if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
			place = path
		}
		if log := p.logs.String(); !strings.Contains(log, newLog) || !strings.Contains(log, `"level":"WARN"`) || !strings.Contains(log, place) {
			t.Errorf("nothing is said of it:\n%s", log)
		}
		again := launch(t, databaseURL)
		again.address()
		again.terminate()
		if strings.Contains(again.logs.String(), newLog) {
			t.Errorf("said of a log that has an event:\n%s", again.logs.String())
		}
	})
}

// Another search_path finds no log, and names the schema that has one.
func TestALogInAnotherSchemaIsNamed(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.New(t)
	must(t, databaseURL, "migrate")
	tamper(t, databaseURL, `CREATE SCHEMA elsewhere`)
	elsewhere := databaseURL + "&search_path=elsewhere"
	if o := carryOut(t, elsewhere, "verify"); o.code != exitFailure || !strings.Contains(o.err, `["public"]`) {
		t.Errorf("exit code %d: %s", o.code, o.err)
	}
	p := launch(t, elsewhere)
	p.address()
	p.terminate()
	if log := p.logs.String(); !strings.Contains(log, newLog) || !strings.Contains(log, `"other_logs":["public"]`) {
		t.Errorf("the other log is not named:\n%s", log)
	}
}

// What a restore leaves open is repaired by the owner, and told; what is gone
// stays a finding.
func TestTheTriggersOfTheLogAreChecked(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		must(t, databaseURL, "migrate")
		checkHealthy(t, databaseURL)
		postgres := !strings.HasPrefix(databaseURL, "sqlite:")
		if postgres { // as pg_restore --disable-triggers does
			tamper(t, databaseURL, `ALTER TABLE events DISABLE TRIGGER ALL; ALTER TABLE events ENABLE TRIGGER ALL`)
			checkBroken(t, databaseURL, "replica")
			if out := must(t, databaseURL, "migrate"); !strings.Contains(out, "repaired events") {
				t.Errorf("migrate says %q", out)
			}
			checkHealthy(t, databaseURL)
			tamper(t, databaseURL, `DROP TRIGGER access_log_is_append_only ON access_log`)
		} else {
			tamper(t, databaseURL, `DROP TRIGGER access_log_refuse_delete`)
		}
		checkBroken(t, databaseURL, "is missing")
		s := serve(t, databaseURL)
		eventually(t, "/readyz tells of it", func() bool {
			return strings.Contains(string(s.as("").get("/readyz").body), "the log can be changed")
		})
		p := launch(t, databaseURL)
		p.address()
		p.terminate()
		if !strings.Contains(p.logs.String(), "the log is not guarded") {
			t.Errorf("the log says nothing of it:\n%s", p.logs.String())
		}
	})
}

func checkBroken(t *testing.T, databaseURL, fault string) {
	t.Helper()
	a := verifyStore(t, databaseURL)
	if a.code != exitFindings || len(a.findings) != 1 || a.findings[0].Check != "trigger-missing" || !strings.Contains(a.findings[0].Found, fault) {
		t.Errorf("exit code %d: %s", a.code, a)
	}
}
