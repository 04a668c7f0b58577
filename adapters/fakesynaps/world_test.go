package fakesynaps_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/adapters/synaps"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

// world is a Dossier without its read models: a real log behind the real port,
// and the real client of the API.
type world struct {
	store *sqlstore.Store
	rules kyc.RuleBook
	runs  atomic.Int64
	// before, if set, is called before each webhook.
	before func()
}

func config(now func() time.Time) sqlstore.Config {
	return sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: now}
}

func onSQLite(tb testing.TB) *world { return onSQLiteAt(tb, time.Now) }

// onSQLiteAt is a world with a clock of its own.
func onSQLiteAt(tb testing.TB, now func() time.Time) *world {
	path := filepath.Join(tb.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(tb.Context(), path); err != nil {
		tb.Fatal(err)
	}
	store, err := sqlite.Open(tb.Context(), path, config(now))
	return newWorld(tb, store, err)
}

func onPostgres(tb testing.TB) *world {
	url := pgtest.New(tb)
	if _, err := postgres.Migrate(tb.Context(), url); err != nil {
		tb.Fatal(err)
	}
	store, err := postgres.Open(tb.Context(), url, config(time.Now))
	return newWorld(tb, store, err)
}

func newWorld(tb testing.TB, store *sqlstore.Store, err error) *world {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := store.Run(ctx); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { stop(); running.Wait(); store.Close() })
	return &world{store: store, rules: kyc.RuleBook{Default: kyc.Rules{HealWindow: kyc.DefaultHealWindow}}}
}

// begin returns a provider with an app of its own, whose webhooks arrive in the
// world: one log serves many runs, even of one seed.
func (w *world) begin(tb failer, cfg fakesynaps.Config) (*fakesynaps.Provider, string) {
	w.runs.Add(1)
	cfg.App = w.app()
	port, err := webhook.New(webhook.Config{
		Secrets:    map[kyc.App][]string{cfg.App: {secret}},
		Receiver:   command.NewReceiveWebhook(w.store, kyc.NewMachine(), w.rules),
		SessionRef: func(kyc.App, kyc.SessionID) string { return "" },
	})
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Key, cfg.Client = apiKey, clientOf(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.before != nil {
			w.before()
		}
		port.ServeHTTP(rw, r)
	}))
	p, err := fakesynaps.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p, "http://dossier.test" + webhook.Path + "/" + string(cfg.App) + "?secret=" + secret
}

// app is that of the last run.
func (w *world) app() kyc.App { return kyc.App(fmt.Sprintf("run-%d", w.runs.Load())) }

// failer is what a test and a property have in common.
type failer interface {
	Context() context.Context
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// fold folds a session of the log.
func (w *world) fold(tb failer, s fakesynaps.Session) kyc.State {
	session := kyc.NewSession()
	for {
		events, err := w.store.ReadStream(context.Background(), streamOf(s), session.Version(), 500)
		if err != nil {
			tb.Fatal(err)
		}
		if len(events) == 0 {
			return session.State()
		}
		for _, e := range events {
			session.Apply(e.Event, e.Mark())
		}
	}
}

// reconciling returns the command over a client that asks a provider over HTTP,
// and what ends both.
func (w *world) reconciling(tb failer, p *fakesynaps.Provider, app kyc.App, c synaps.Config) (command.ReconcileSession, func()) {
	server := httptest.NewServer(p.Handler())
	c.Keys, c.BaseURL = map[kyc.App]string{app: apiKey}, server.URL+"/v4"
	c.RequestsPerMinute, c.Jitter = 1_000_000, func() float64 { return 0 }
	client, err := synaps.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	end := func() { client.Close(); server.Close() }
	return command.NewReconcileSession(w.store, w.store, client, kyc.NewMachine(), w.rules), end
}

// reconcile asks the provider for each session and returns how many changes that
// brought.
func (w *world) reconcile(tb failer, p *fakesynaps.Provider) (differences int) {
	truth := p.Truth()
	reconcile, end := w.reconciling(tb, p, truth[0].App, synaps.Config{})
	defer end()
	var mu sync.Mutex
	var failed []string
	var all sync.WaitGroup
	for _, s := range truth {
		all.Go(func() { // at once: the log writes them together
			done, err := reconcile.Handle(context.Background(), streamOf(s), kyc.ReconciledBy)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || done.Unknown || !done.Recorded {
				failed = append(failed, fmt.Sprintf("session %d: %+v, %v", s.Number, done, err))
			}
			differences += done.Differences
		})
	}
	all.Wait()
	if len(failed) > 0 {
		tb.Fatalf("reconciliation: %v", failed)
	}
	return differences
}

func streamOf(s fakesynaps.Session) eventlog.Stream {
	return eventlog.Stream{App: s.App, Session: s.ID}
}

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}
