// Package pgtest gives tests a PostgreSQL database of their own and the means
// to attack it.
//
// The server is the one that DOSSIER_TEST_POSTGRES_URL names; its user must be
// able to create databases and to end connections. Without the variable a test
// is skipped, unless DOSSIER_TEST_REQUIRE_POSTGRES is 1: then it fails.
// `make test` sets both, so it never skips.
//
// It does not migrate a database, and it does not start a server.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver named "postgres"
)

const (
	serverVariable  = "DOSSIER_TEST_POSTGRES_URL"
	requireVariable = "DOSSIER_TEST_REQUIRE_POSTGRES"
)

// patience bounds each statement here: creating a database copies files, which
// takes seconds on a busy disk.
const patience = time.Minute

// A database's name cannot be a parameter; New's names need no quotes.
const (
	// template0, because a connection to template1 would fail the copy, and
	// what an administrator put there is not empty.
	createDatabase = `CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'`

	// FORCE, because a test that failed may have left connections open.
	dropDatabase = `DROP DATABASE IF EXISTS %s WITH (FORCE)`

	// The timeout, in milliseconds, makes it wait until a connection has ended,
	// with its transaction and its locks.
	terminateOthers = `
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000))
FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`
)

// New creates an empty database with a unique name and returns its postgres://
// URL. When the test ends the database is dropped, whoever is still connected.
func New(tb testing.TB) string {
	tb.Helper()
	server := serverURL(tb)
	name := "dossier_test_" + strings.ToLower(rand.Text())
	if err := execute(server, fmt.Sprintf(createDatabase, name)); err != nil {
		tb.Fatalf("create a database for the test: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(server, fmt.Sprintf(dropDatabase, name)); err != nil {
			tb.Errorf("drop the test's database %s: %v", name, err)
		}
	})
	return withDatabase(server, name)
}

// Terminate ends every other connection to the database of a URL that [New]
// returned, as a failover or an administrator would, and returns how many there
// were. Their transactions are rolled back and their locks free when it returns.
// New connections can be made at once.
func Terminate(tb testing.TB, databaseURL string) (terminated int) {
	tb.Helper()
	err := connected(databaseURL, func(ctx context.Context, db *sql.DB) error {
		return db.QueryRowContext(ctx, terminateOthers).Scan(&terminated)
	})
	if err != nil {
		tb.Fatalf("terminate the connections of the test's database: %v", err)
	}
	return terminated
}

// serverURL never puts the variable's value into a message, nor url.Parse's
// error, which quotes it: it has a password.
func serverURL(tb testing.TB) *url.URL {
	tb.Helper()
	value := os.Getenv(serverVariable)
	if value == "" {
		const reason = serverVariable + " is not set, so there is no PostgreSQL to test with; `make test` provides one"
		if os.Getenv(requireVariable) == "1" {
			tb.Fatal(reason)
		}
		tb.Skip(reason)
	}
	server, err := url.Parse(value)
	if err != nil || (server.Scheme != "postgres" && server.Scheme != "postgresql") {
		tb.Fatal(serverVariable + " is not a postgres:// URL")
	}
	return server
}

func withDatabase(server *url.URL, name string) string {
	database := *server
	database.Scheme = "postgres"
	database.Path = "/" + name
	database.RawPath = ""
	query := database.Query()
	query.Del("dbname") // it would win over the path
	database.RawQuery = query.Encode()
	return database.String()
}

func execute(server *url.URL, statement string) error {
	return connected(server.String(), func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, statement)
		return err
	})
}

// connected has a context of its own: the test's is cancelled before its
// clean-up runs.
func connected(databaseURL string, do func(context.Context, *sql.DB) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(ctx, db)
}
