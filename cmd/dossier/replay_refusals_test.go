package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkRefused says that a command line fails with a word of why, prints
// nothing, and does not repeat the session.
func checkRefused(t *testing.T, databaseURL, word string, args ...string) {
	t.Helper()
	o := carryOut(t, databaseURL, append([]string{"replay"}, args...)...)
	if o.code != exitFailure || o.out != "" || !strings.Contains(o.err, word) {
		t.Errorf("%v: exit code %d, printed %q, error %q", args, o.code, o.out, o.err)
	}
	if strings.Contains(o.err, person) {
		t.Errorf("%v: the error repeats the session: %q", args, o.err)
	}
}

func TestAReplayThatCannotBeToldPrintsNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		c.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
		of := "--session=" + person
		for _, c := range []struct {
			word string
			args []string
		}{
			{"no such session", []string{"--session=" + person + "x"}},
			{"no such session", []string{of, "--app=another"}},
			{"no such version", []string{of, "--version=2"}},
			{"no such version", []string{of, "--version=0"}},
			{"no such version", []string{of, "--version=-1"}},
			{"did not exist at that time", []string{of, "--at=2001-01-01T00:00:00Z"}},
			{"did not exist at that time", []string{of, "--at=0001-01-01T00:00:00Z"}},
			{"RFC 3339", []string{of, "--at=yesterday"}},
			{"RFC 3339", []string{of, "--at=2026-01-01"}},
			{"not both", []string{of, "--at=2026-01-01T00:00:00Z", "--version=1"}},
			{"not both", []string{of, "--session-file=-"}},
			{"one line", []string{"--session="}},
			{"--version", []string{of, "--version=one"}},
			{"slug", []string{of, "--app=No App"}},
			{"no such file", []string{"--session-file=/nowhere"}},
			{"whole log", []string{of, "--from=1"}},
			{"need a session", []string{"--version=1"}},
			{"need a session", []string{"--at=2026-01-01T00:00:00Z"}},
			{"need a session", []string{"--payload"}},
			{"begin at 1", []string{"--from=0"}},
			{"begin at 1", []string{"--to=0"}},
			{"behind", []string{"--from=2", "--to=1"}},
			{"ends at position 1", []string{"--to=2"}},
			{"ends at position 1", []string{"--from=2"}},
		} {
			checkRefused(t, databaseURL, c.word, c.args...)
		}
	})
}

func TestASessionIDIsReadFromAFileOrTheInput(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	c := serve(t, databaseURL).client
	c.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
	want := must(t, databaseURL, "replay", "--session="+person)
	for _, text := range []string{person, person + "\n", person + "\r\n"} {
		path := filepath.Join(t.TempDir(), "session")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		equal(t, "story of a file", must(t, databaseURL, "replay", "--session-file="+path), want)
		var out recording
		piped := console{in: strings.NewReader(text), out: &out, err: &recording{}, env: environment(databaseURL)}
		equal(t, "exit code", run(bounded(t), []string{"replay", "--session-file=-"}, piped), exitFine)
		equal(t, "story of the input", out.String(), want)
	}
	for _, text := range []string{"", "\n", person + "\n\n", "a\nb", strings.Repeat("x", 513)} {
		var errs recording
		piped := console{in: strings.NewReader(text), out: &recording{}, err: &errs, env: environment(databaseURL)}
		equal(t, "exit code", run(bounded(t), []string{"replay", "--session-file=-"}, piped), exitFailure)
		if e := errs.String(); !strings.Contains(e, "one line") || strings.Contains(e, person) {
			t.Errorf("%q: %s", text, e)
		}
	}
}

func TestAReplayNeitherMakesNorChangesADatabase(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		path, isFile := strings.CutPrefix(databaseURL, "sqlite:")
		if isFile {
			checkRefused(t, databaseURL, "no such file")
			if _, err := os.Stat(path); err == nil {
				t.Error("the database was made")
			}
			if err := os.WriteFile(path, []byte("This is a text, and no database at all, however long it is."), 0o600); err != nil {
				t.Fatal(err)
			}
			checkRefused(t, databaseURL, "dossier migrate")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else {
			checkRefused(t, databaseURL, "dossier migrate") // an empty database
		}
		must(t, databaseURL, "migrate")
		db := raw(t, databaseURL)
		before := contents(t, databaseURL, db)
		must(t, databaseURL, "replay") // an empty log
		checkRefused(t, databaseURL, "no such session", "--session="+person)
		if diff := cmp.Diff(before, contents(t, databaseURL, raw(t, databaseURL))); diff != "" {
			t.Errorf("the database was touched:\n%s", diff)
		}

		db = raw(t, databaseURL)
		execute(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, `+yes(databaseURL)+`)`)
		checkRefused(t, databaseURL, "newer")
		execute(t, db, `DELETE FROM goose_db_version WHERE version_id >= 2`)
		checkRefused(t, databaseURL, "dossier migrate")
	})
}

func TestAnInterruptedReplayIsNoSuccess(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	must(t, databaseURL, "migrate")
	ctx, cancel := context.WithCancel(bounded(t))
	cancel()
	o := commandIn(ctx, environment(databaseURL).Variables, "replay")
	if o.code != exitFailure || o.out != "" {
		t.Errorf("exit code %d, printed %q, %q", o.code, o.out, o.err)
	}
}
