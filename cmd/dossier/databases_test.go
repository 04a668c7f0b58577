package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

// eachDatabase runs a test on a new database of each kind. Without a server
// that of PostgreSQL is skipped.
func eachDatabase(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Parallel() // most of the time of a test is waiting
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqliteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.New(t))
	})
}

// sqliteURL names a database that does not exist yet.
func sqliteURL(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "dossier.db")
}

// raw opens a database past the service, for what an operator or an attacker
// might do to it.
func raw(tb testing.TB, databaseURL string) *sql.DB {
	tb.Helper()
	driver, name := "postgres", databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, name = "sqlite", path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	tb.Cleanup(func() { db.Close() })
	return db
}

// lockLog takes the log's lock, as another process would, so that appends wait.
// It returns what gives it back.
func lockLog(tb testing.TB, databaseURL string) (release func()) {
	tb.Helper()
	// The keys stand in adapters/postgres/dialect.go.
	lock, unlock := `SELECT pg_advisory_lock(1685025651, 1)`, `SELECT pg_advisory_unlock(1685025651, 1)`
	if strings.HasPrefix(databaseURL, "sqlite:") {
		lock, unlock = `BEGIN IMMEDIATE`, `ROLLBACK`
	}
	db := raw(tb, databaseURL)
	execute := func(statement string) {
		if _, err := db.ExecContext(bounded(tb), statement); err != nil {
			tb.Fatalf("%s: %v", statement, err)
		}
	}
	execute(lock)
	return func() { execute(unlock) }
}
