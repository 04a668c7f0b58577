package pgtest_test

import (
	"database/sql"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

// A test that survives the loss of all its connections.
func Example() {
	_ = func(t *testing.T) {
		databaseURL := pgtest.New(t)
		db, err := sql.Open("postgres", databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()

		pgtest.Terminate(t, databaseURL)
		if err := db.Ping(); err != nil {
			t.Error("the pool did not connect again:", err)
		}
	}
}
