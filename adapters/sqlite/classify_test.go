package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"dossier/adapters/sqlstore"
)

// SQLite's errors can't be made: each is provoked.
func TestErrorsAreClassified(t *testing.T) {
	db, err := openPool(found(t, migrated(t)), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, c := range map[string]struct {
		err  error
		want sqlstore.Class
	}{
		"a lock that another holds":    {lockedOut(t, db), sqlstore.Unavailable},
		"a file that may only be read": {failure(t, db, `PRAGMA query_only(1); INSERT INTO settings VALUES ('a', 'b')`), sqlstore.Unavailable},
		"a file that can't be opened":  {missingFile(t), sqlstore.Unavailable},
		"a text that is too long":      {failure(t, db, `SELECT zeroblob(3000000000)`), sqlstore.BadData},
		"a key that is no number":      {failure(t, db, `INSERT INTO flags (position) VALUES ('x')`), sqlstore.BadData},
		"a constraint":                 {failure(t, db, `INSERT INTO settings VALUES ('a', NULL)`), sqlstore.Fault},
		"a statement that is wrong":    {failure(t, db, `SELEKT`), sqlstore.Fault},
		"a connection that was lost":   {driver.ErrBadConn, sqlstore.Unavailable},
		"a connection that was closed": {sql.ErrConnDone, sqlstore.Unavailable},
		"a context that ended":         {context.DeadlineExceeded, sqlstore.Fault},
		"anything else":                {errors.New("x"), sqlstore.Fault},
	} {
		if c.err == nil {
			t.Errorf("%s: there was no error", name)
			continue
		}
		if got := classify(fmt.Errorf("wrapped: %w", c.err)); got != c.want {
			t.Errorf("%s (%v): class %d, want %d", name, c.err, got, c.want)
		}
	}
}

func failure(t *testing.T, db *sql.DB, statements string) error {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(t.Context(), statements)
	_, resets := conn.ExecContext(t.Context(), `PRAGMA query_only(0)`)
	return errors.Join(err, resets)
}

func lockedOut(t *testing.T, db *sql.DB) error {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	return failure(t, db, `PRAGMA busy_timeout(0); BEGIN IMMEDIATE`)
}

func missingFile(t *testing.T) error {
	t.Helper()
	name, err := dsn(filepath.Join(t.TempDir(), "missing", "dossier.db"), writable())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return db.PingContext(t.Context())
}
