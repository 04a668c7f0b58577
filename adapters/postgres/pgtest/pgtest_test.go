package pgtest_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"dossier/adapters/postgres/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDatabaseIsEmptyUTF8AndTheOneOfItsURL(t *testing.T) {
	databaseURL := pgtest.New(t)
	parsed, err := url.Parse(databaseURL)
	if err != nil || parsed.Scheme != "postgres" {
		t.Fatalf("not a postgres:// URL (%v)", err)
	}
	var name, encoding string
	var tables int
	row := open(t, databaseURL).QueryRow(`SELECT current_database(), current_setting('server_encoding'),
		(SELECT count(*) FROM pg_tables WHERE schemaname = 'public')`)
	if err := row.Scan(&name, &encoding, &tables); err != nil {
		t.Fatal(err)
	}
	if "/"+name != parsed.Path || encoding != "UTF8" || tables != 0 {
		t.Errorf("database %s in %s with %d tables, want %s in UTF8 with none", name, encoding, tables, parsed.Path)
	}
}

func TestDatabasesShareNothing(t *testing.T) {
	first, second := open(t, pgtest.New(t)), open(t, pgtest.New(t))
	if _, err := first.Exec(`CREATE TABLE mine (id int)`); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Exec(`SELECT * FROM mine`); err == nil {
		t.Error("a table of the first database is in the second")
	}
}

func TestDatabaseIsDroppedWhileConnectionsAreOpen(t *testing.T) {
	observer := open(t, pgtest.New(t))
	var databaseURL string
	var left *sql.DB
	t.Run("a test that forgets to close", func(t *testing.T) {
		databaseURL = pgtest.New(t)
		left = openUnmanaged(t, databaseURL)
	})
	if left == nil {
		t.Fatal("the inner test did not connect")
	}
	defer left.Close()
	var count int
	row := observer.QueryRow(`SELECT count(*) FROM pg_database WHERE datname = $1`, databaseName(t, databaseURL))
	if err := row.Scan(&count); err != nil || count != 0 {
		t.Errorf("the database is still there (%d, %v)", count, err)
	}
	if err := left.Ping(); err == nil {
		t.Error("its connection still works")
	}
}

func TestTerminateEndsAllConnectionsOfOneDatabase(t *testing.T) {
	databaseURL, otherURL := pgtest.New(t), pgtest.New(t)
	victims := []*sql.Conn{conn(t, open(t, databaseURL)), conn(t, open(t, databaseURL))}
	bystander := conn(t, open(t, otherURL))

	if got := pgtest.Terminate(t, databaseURL); got != len(victims) {
		t.Errorf("%d connections terminated, want %d", got, len(victims))
	}
	for _, victim := range victims {
		if _, err := victim.ExecContext(t.Context(), `SELECT 1`); err == nil {
			t.Error("a connection survived")
		}
	}
	if _, err := bystander.ExecContext(t.Context(), `SELECT 1`); err != nil {
		t.Errorf("a connection to another database was hit: %v", err)
	}
	if got := pgtest.Terminate(t, databaseURL); got != 0 {
		t.Errorf("%d connections terminated where none was left", got)
	}
}

func TestTerminateFreesTheLocksOfItsVictims(t *testing.T) {
	databaseURL := pgtest.New(t)
	victim := conn(t, open(t, databaseURL))
	for _, statement := range []string{`BEGIN`, `SELECT pg_advisory_xact_lock(1)`} {
		if _, err := victim.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Terminate(t, databaseURL)
	var free bool
	row := open(t, databaseURL).QueryRow(`SELECT pg_try_advisory_xact_lock(1)`)
	if err := row.Scan(&free); err != nil || !free {
		t.Errorf("the lock of a terminated connection is free: %v (%v)", free, err)
	}
}

func open(t *testing.T, databaseURL string) *sql.DB {
	t.Helper()
	db := openUnmanaged(t, databaseURL)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openUnmanaged(t *testing.T, databaseURL string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	return db
}

// conn takes the one connection that open's ping left in the pool.
func conn(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func databaseName(t *testing.T, databaseURL string) string {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(parsed.Path, "/")
}
