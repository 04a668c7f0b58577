package pubsub_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
)

// onEach runs a test on a new database of each kind. Without a server that of
// PostgreSQL is skipped.
func onEach(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Parallel() // most of the time of a test is waiting
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, onSQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, onPostgres(t))
	})
}

func onSQLite(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		tb.Fatal(err)
	}
	return "sqlite:" + path
}

func onPostgres(tb testing.TB) string {
	tb.Helper()
	databaseURL := pgtest.New(tb)
	if _, err := postgres.Migrate(context.Background(), databaseURL); err != nil {
		tb.Fatal(err)
	}
	return databaseURL
}

// openStore opens what appends, as the server does.
func openStore(tb testing.TB, databaseURL string, c sqlstore.Config) *sqlstore.Store {
	tb.Helper()
	var s *sqlstore.Store
	var err error
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		s, err = sqlite.Open(context.Background(), path, c)
	} else {
		s, err = postgres.Open(context.Background(), databaseURL, c)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// server opens a store and runs it until the test ends.
func server(tb testing.TB, databaseURL string) *sqlstore.Store {
	tb.Helper()
	return serverWith(tb, databaseURL, sqlstore.Probe{})
}

func serverWith(tb testing.TB, databaseURL string, probe sqlstore.Probe) *sqlstore.Store {
	tb.Helper()
	s := openStore(tb, databaseURL, sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now, Probe: probe})
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

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}
