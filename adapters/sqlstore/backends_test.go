package sqlstore_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// backend is an empty database, and a connection past all stores.
type backend struct {
	raw  *sql.DB
	open func(context.Context, sqlstore.Config) (*sqlstore.Store, error)
	// describe is a query for all that makes a table, but for the names of its
	// indexes; named is one for the tables and indexes whose name is like a text.
	describe, named string
}

// isPostgres tells the databases apart where a test must.
func (b backend) isPostgres() bool { return b.describe == describePostgres }

// onEach runs a test on each database.
func onEach(t *testing.T, test func(*testing.T, backend)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, onSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, onPostgres(t)) })
}

func onSQLite(tb testing.TB) backend {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		tb.Fatal(err)
	}
	return backend{rawDB(tb, "sqlite", "file:"+url.PathEscape(path)+"?_pragma=busy_timeout(10000)"),
		func(ctx context.Context, c sqlstore.Config) (*sqlstore.Store, error) {
			return sqlite.Open(ctx, path, c)
		}, describeSQLite, `SELECT count(*) FROM sqlite_schema WHERE name LIKE $1 ESCAPE '\'`}
}

func onPostgres(tb testing.TB) backend {
	tb.Helper()
	databaseURL := pgtest.New(tb)
	if _, err := postgres.Migrate(context.Background(), databaseURL); err != nil {
		tb.Fatal(err)
	}
	return backend{rawDB(tb, "postgres", databaseURL),
		func(ctx context.Context, c sqlstore.Config) (*sqlstore.Store, error) {
			return postgres.Open(ctx, databaseURL, c)
		}, describePostgres, `SELECT count(*) FROM pg_class WHERE relname LIKE $1 AND relkind = 'r'`}
}

func rawDB(tb testing.TB, driver, name string) *sql.DB {
	tb.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// quiet is a configuration without anything to watch it by.
func quiet() sqlstore.Config {
	return sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now}
}

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}

// run opens a store and runs it until the test ends.
func (b backend) run(tb testing.TB, c sqlstore.Config) *sqlstore.Store {
	tb.Helper()
	s, err := b.open(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// count returns the number that a query answers.
func (b backend) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := b.raw.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func (b backend) count(t *testing.T, query string, args ...any) (n int64) {
	t.Helper()
	if err := b.raw.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// request appends one event that says a text.
func request(session, text string) eventlog.Request {
	return eventlog.Request{
		Stream: eventlog.Stream{App: "default", Session: kyc.SessionID(session)},
		Decide: func(eventlog.Head) ([]kyc.Event, error) {
			return []kyc.Event{kyc.WebhookDiscarded{Status: text}}, nil
		},
	}
}
