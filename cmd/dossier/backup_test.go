package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
	"dossier/application/translog"
)

// emptyURL names a database like another one, in which nothing is yet.
func emptyURL(t *testing.T, databaseURL string) string {
	t.Helper()
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return sqliteURL(t)
	}
	return pgtest.New(t)
}

// A backup of a running server is a whole log elsewhere: it passes every check,
// a server goes on from it, and its key signs on.
func TestABackupIsAWholeLogElsewhere(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		one := submitted("one")
		one.id, one.attempt = "evt_one", 1
		s.sealed(t, s.send(one, "applied").Position)
		file := filepath.Join(t.TempDir(), "backup")
		out := must(t, databaseURL, "backup", file)
		if !strings.Contains(out, "1 events, 1 of them signed") || !strings.Contains(out, ".signed") {
			t.Errorf("backup says %q", out)
		}
		checkPrivate(t, file)
		if o := carryOut(t, databaseURL, "backup", file); o.code != exitFailure || !strings.Contains(o.err, "already") {
			t.Errorf("over another backup: exit code %d, %q", o.code, o.err)
		}
		s.stop()
		key := keyAt(logKeyFile(databaseURL))
		elsewhere := emptyURL(t, databaseURL)
		o := commandIn(bounded(t), environment(elsewhere, key).Variables, "restore", file)
		if o.code != exitFine || !strings.Contains(o.out, "1 events") || !strings.Contains(o.out, "goes on signing") {
			t.Fatalf("exit code %d: %q %q", o.code, o.out, o.err)
		}
		checkHealthy(t, elsewhere)
		again := serve(t, elsewhere, key)
		again.send(one, "duplicate")
		again.sealed(t, again.send(submitted("two"), "applied").Position)
		again.stop()
		checkHealthy(t, elsewhere)
	})
}

// An older backup in the place of a longer log: how many events would be lost is
// said before, the key does not sign a second history, and the way out is named.
func TestAnOlderBackupIsRestoredKnowingly(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	s.sealed(t, s.send(submitted("one"), "applied").Position)
	file := filepath.Join(t.TempDir(), "backup")
	must(t, databaseURL, "backup", file)
	signed, _ := s.sealed(t, s.send(submitted("two"), "applied").Position)
	if o := carryOut(t, databaseURL, "restore", file); o.code != exitFailure || !strings.Contains(o.err, "in use") {
		t.Errorf("beside a server: exit code %d, %q", o.code, o.err)
	}
	s.stop()
	o := carryOut(t, databaseURL, "restore", file)
	if o.code != exitFailure || !strings.Contains(o.err, "--lose=1") || !strings.Contains(o.err, "Nothing is lost yet") {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
	// The memory of the key is as old as the backup.
	memory := logKeyFile(databaseURL) + memorySuffix
	if err := os.Remove(memory); err != nil {
		t.Fatal(err)
	}
	out := must(t, databaseURL, "restore", "--lose=1", file)
	if !strings.Contains(out, "has signed 2 events") || !strings.Contains(out, "docs/backup.md") || !strings.Contains(out, "is kept as") {
		t.Errorf("restore says %q", out)
	}
	last, err := os.ReadFile(memory)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := translog.Unverified(last); err != nil || c.Size != signed.Size {
		t.Errorf("the key remembers %+v, %v", c, err)
	}
	checkHealthy(t, databaseURL)
	must(t, databaseURL, "log-key", "replace", "--former="+former(s))
	s = serve(t, databaseURL)
	s.sealed(t, s.send(submitted("three"), "applied").Position)
	s.stop()
	checkHealthy(t, databaseURL)
}

// A restore brings no revoked token back, and loses no entry of the access log that
// was not given up.
func TestARestoreRevivesNoTokenAndTellsOfAccesses(t *testing.T) {
	t.Parallel()
	databaseURL, file := sqliteURL(t), filepath.Join(t.TempDir(), "backup")
	s := serve(t, databaseURL)
	s.sealed(t, s.send(submitted("one"), "applied").Position)
	token := strings.TrimSpace(must(t, databaseURL, "token", "create", "--role=auditor", "--name=ada"))
	eventually(t, "the token is known", func() bool { return s.as(token).get("/v1/projections").status == http.StatusOK })
	must(t, databaseURL, "backup", file)
	equal(t, "a read", s.as(token).get("/v1/events?after=0").status, http.StatusOK)
	line := regexp.MustCompile(`(?m)^(\S+) +auditor +ada `).FindStringSubmatch(must(t, databaseURL, "token", "list"))
	must(t, databaseURL, "token", "revoke", line[1])
	s.stop()
	if o := carryOut(t, databaseURL, "backup", filepath.Join(file, "nowhere")); o.code != exitFailure || !strings.Contains(o.err, "there is no folder "+file) {
		t.Errorf("into a folder that is none: exit code %d, %q", o.code, o.err)
	}
	o := carryOut(t, databaseURL, "restore", file)
	if o.code != exitFailure || !strings.Contains(o.err, "add --lose-accesses=1.") {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
	if out := must(t, databaseURL, "restore", "--lose-accesses=1", file); !strings.Contains(out, "1 tokens that the backup has were revoked since") {
		t.Errorf("restore says %q", out)
	}
	if o := carryOut(t, databaseURL, "restore", "--lose=2", file); o.code != exitFailure || !strings.Contains(o.err, "leave out --lose") {
		t.Errorf("with a loss that there is not: exit code %d, %q", o.code, o.err)
	}
	s = serve(t, databaseURL)
	equal(t, "the revoked token", s.as(token).get("/v1/projections").status, http.StatusUnauthorized)
	s.stop()
	checkHealthy(t, databaseURL)
}

func TestARestoreNeedsAnEmptyPostgreSQL(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.New(t)
	must(t, databaseURL, "migrate")
	file := filepath.Join(t.TempDir(), "backup")
	must(t, databaseURL, "backup", file)
	o := carryOut(t, databaseURL, "restore", file)
	if o.code != exitFailure || !strings.Contains(o.err, "not empty") {
		t.Errorf("exit code %d, %q", o.code, o.err)
	}
	checkHealthy(t, databaseURL)
}
