package postgres

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

type silentMeter struct{}

func (silentMeter) Batch(int, int, time.Duration, time.Duration) {}
func (silentMeter) Queued(int)                                   {}

// The connection that appends is kept from batch to batch, but not beyond the
// renewal of its pool.
func TestTheWritersConnectionIsRenewed(t *testing.T) {
	databaseURL := pgtest.New(t)
	if _, err := Migrate(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	address, err := pgconn.ParseAddress(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	pools := openedAt(t, databaseURL)
	pools.Log.SetMaxOpenConns(2) // the writer's, and one
	s := sqlstore.New(sqlstore.Config{
		Pools: pools, Dialect: dialect(address, pools.Log), Logger: slog.New(slog.DiscardHandler), Meter: silentMeter{}, Now: time.Now,
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.Close()
	}()
	first, same := writerOf(t, s, pools), writerOf(t, s, pools)
	if first != same {
		t.Error("the connection is not kept")
	}
	pools.Renew()
	if again := writerOf(t, s, pools); again == first {
		t.Error("the connection of before is used")
	}
}

// writerOf appends and returns the process of the session that did.
func writerOf(t *testing.T, s *sqlstore.Store, pools sqlstore.Pools) (pid int) {
	t.Helper()
	_, err := s.Append(t.Context(), eventlog.Request{
		Stream: eventlog.Stream{App: "default", Session: "a"},
		Decide: func(eventlog.Head) ([]kyc.Event, error) { return []kyc.Event{kyc.WebhookDiscarded{Status: "x"}}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	const writer = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
AND (query LIKE '%pg_advisory%(1685025651%' OR query LIKE '%written_heads%') ORDER BY query_start DESC LIMIT 1`
	if err := pools.Reads.QueryRowContext(t.Context(), writer).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}
