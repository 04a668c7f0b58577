package pgconn

import (
	"database/sql"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what must come.
const patience = 2 * time.Minute

// opened is a pool that is closed when the test ends.
func opened(t *testing.T, dsn string, o Options) *sql.DB {
	t.Helper()
	if o.Silence == 0 {
		o.Silence = patience
	}
	address, err := ParseAddress(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(NewConnector(address, o))
	t.Cleanup(func() { db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// count returns the rows of the table kept.
func count(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM kept`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
