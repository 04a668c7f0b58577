package postgres

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/pressly/goose/v3/lock"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/postgres/pgtest"
)

// A session that holds the lock of migrations and does nothing is what the server
// has of a process that is frozen.
func TestAFrozenMigrationStopsNoOther(t *testing.T) {
	databaseURL := pgtest.New(t)
	address, err := probed(t.Context(), databaseURL, true)
	if err != nil {
		t.Fatal(err)
	}
	db := openPool(address, 1, pgconn.Options{Silence: time.Minute, Writes: true, Settings: migrateSettings()})
	defer db.Close()
	frozen := held(t, db)
	if _, err := frozen.ExecContext(t.Context(), `SELECT pg_advisory_lock($1)`, lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if applied, err := Migrate(ctx, databaseURL); err != nil || len(applied) == 0 {
		t.Fatalf("migrated %d steps beside a frozen process, %v", len(applied), err)
	}
}

func held(t *testing.T, db *sql.DB) *sql.Conn {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
