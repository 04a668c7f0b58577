package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dossier/adapters/metrics"
	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/domain/kyc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a Dossier that records, and a database to look into.
type world struct {
	t           *testing.T
	databaseURL string
	raw         *sql.DB
	receive     command.ReceiveWebhook
}

// onEach runs a test on each database.
func onEach(t *testing.T, test func(*testing.T, *world)) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "dossier.db")
		if _, err := sqlite.Migrate(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		store, err := sqlite.Open(t.Context(), path, config())
		test(t, newWorld(t, "sqlite:"+path, store, err, "sqlite", "file:"+url.PathEscape(path)+"?_pragma=busy_timeout(10000)"))
	})
	t.Run("postgres", func(t *testing.T) {
		databaseURL := pgtest.New(t)
		if _, err := postgres.Migrate(t.Context(), databaseURL); err != nil {
			t.Fatal(err)
		}
		store, err := postgres.Open(t.Context(), databaseURL, config())
		test(t, newWorld(t, databaseURL, store, err, "postgres", databaseURL))
	})
}

func config() sqlstore.Config {
	return sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: metrics.New("test"), Now: time.Now}
}

func newWorld(t *testing.T, databaseURL string, store *sqlstore.Store, err error, driver, dsn string) *world {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		store.Close()
	})
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return &world{t, databaseURL, raw, command.NewReceiveWebhook(store, kyc.NewMachine(), kyc.RuleBook{})}
}

// webhook records one, about the session itself if the step is empty.
func (w *world) webhook(session, step string, trigger kyc.Trigger) {
	w.t.Helper()
	report := kyc.Report{StepID: kyc.StepID(step), Trigger: trigger, Reason: "a reason"}
	if step != "" {
		report.Service = "LIVENESS"
	}
	if _, err := w.receive.Handle(w.t.Context(), command.Webhook{App: "default", Session: kyc.SessionID(session), Report: report}); err != nil {
		w.t.Fatal(err)
	}
}

// account returns the state of a session's account.
func (w *world) account(session string) (state string) {
	w.t.Helper()
	err := w.raw.QueryRowContext(w.t.Context(), `SELECT state FROM example_accounts WHERE session_id = $1`, session).Scan(&state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		w.t.Fatal(err)
	}
	return state
}

// duty notes what is said, and fails to page as often as it is told to.
type duty struct {
	said  chan string
	fails func() error
}

func newDuty() *duty { return &duty{said: make(chan string, 100), fails: func() error { return nil }} }

func (d *duty) say(position int64, what string) { d.said <- fmt.Sprintf("%d %s", position, what) }

func (d *duty) Page(_ context.Context, p page) error {
	err := d.fails()
	if err == nil {
		d.say(p.Position, "paged for "+p.Violation.String())
	}
	return err
}

// start runs the program until the function that it returns is called.
func (w *world) start(d *duty) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx, w.databaseURL, d, slog.New(slog.DiscardHandler)); err != nil {
			w.t.Errorf("the program ended with: %v", err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	w.t.Cleanup(stop)
	return stop
}

// hears waits for what is said.
func (w *world) hears(d *duty, want ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	var got []string
	for len(got) < len(want) {
		select {
		case line := <-d.said:
			got = append(got, line)
		case <-ctx.Done():
			w.t.Fatalf("heard %q, want %q", got, want)
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("heard %q, want %q", got, want)
	}
}

func TestAccountsFollowTheOverallStatus(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		d := newDuty()
		stop := w.start(d)
		w.webhook("alice", "1", kyc.ReportPendingVerification) // 1
		w.webhook("alice", "1", kyc.ReportApproved)            // 2: a step, which opens nothing
		w.webhook("alice", "", kyc.ReportApproved)             // 3
		w.hears(d, "3 account opened")
		w.webhook("alice", "1", kyc.ReportPendingVerification) // 4: a regression, which changes nothing
		w.webhook("alice", "", kyc.ReportRejected)             // 5
		w.hears(d, "4 paged for regression", "5 account frozen: REJECTED")

		// What happens while it is away it learns when it is back, and nothing twice.
		stop()
		w.webhook("alice", "", kyc.ReportReset)                // 6: frozen already
		w.webhook("alice", "1", kyc.ReportPendingVerification) // 7
		w.webhook("alice", "1", kyc.ReportApproved)            // 8
		w.webhook("alice", "", kyc.ReportApproved)             // 9
		stop = w.start(d)
		w.hears(d, "9 account opened")
		stop()
		if state := w.account("alice"); state != "open" {
			t.Errorf("the account is %q", state)
		}
	})
}

func TestWhatCanNotBeHandledIsPutAside(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		d := newDuty()
		tries := 0
		d.fails = func() error { tries++; return errors.New("nobody answers") }
		w.webhook("alice", "1", kyc.ReportPendingVerification) // 1
		w.webhook("alice", "", kyc.ReportApproved)             // 2: a step is pending, so this opens nothing
		w.webhook("bob", "1", kyc.ReportPendingVerification)   // 3
		w.webhook("bob", "1", kyc.ReportApproved)              // 4
		w.webhook("bob", "1", kyc.ReportPendingVerification)   // 5: pages
		w.webhook("bob", "", kyc.ReportApproved)               // 6
		stop := w.start(d)
		got := map[string]bool{<-d.said: true, <-d.said: true} // of two topics, in any order
		if want := map[string]bool{"6 account opened": true, "5 put aside: nobody answers": true}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("heard %v, want %v", got, want)
		}
		stop()
		if tries != 4 {
			t.Errorf("%d tries, want the first and 3 more", tries)
		}
	})
}

func TestARestartRepeatsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, w *world) {
		w.webhook("alice", "1", kyc.ReportPendingVerification)
		w.webhook("alice", "1", kyc.ReportApproved)
		w.webhook("alice", "", kyc.ReportApproved)
		d := newDuty()
		stop := w.start(d)
		w.hears(d, "3 account opened")
		stop()
		stop = w.start(d)
		w.webhook("bob", "1", kyc.ReportPendingVerification)
		w.webhook("bob", "1", kyc.ReportApproved)
		w.webhook("bob", "", kyc.ReportApproved)
		w.hears(d, "6 account opened") // and 3 was not said again
		stop()
		var position int64
		err := w.raw.QueryRowContext(t.Context(), `SELECT position FROM consumer_groups WHERE topic = 'events' AND name = $1`, group).Scan(&position)
		if err != nil || position != 6 {
			t.Errorf("the group is at %d, %v", position, err)
		}
	})
}
