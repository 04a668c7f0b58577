package pgmove_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq" // the driver named "postgres"
	"go.uber.org/goleak"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlstore"
	"dossier/application/accesslog"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// Rows of these tables must be the same in a copy.
	allEvents   = `SELECT string_agg(events::text, E'\n' ORDER BY position) FROM events`
	allAccesses = `SELECT string_agg(access_log::text, E'\n' ORDER BY number) FROM access_log`
	allMessages = `SELECT string_agg(m::text, E'\n' ORDER BY position) FROM "topic_orders" AS m`
)

// filled makes a log with events, accesses and a topic in a database.
func filled(t *testing.T, databaseURL string) {
	t.Helper()
	if _, err := postgres.Migrate(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	grow(t, databaseURL, 0, 20)
	topic(t, databaseURL, "a", "b", "c")
}

// grow appends events, and as many accesses.
func grow(t *testing.T, databaseURL string, from, to int) {
	t.Helper()
	s, err := postgres.Open(t.Context(), databaseURL, sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for i := from; i < to; i++ {
		_, err := s.Append(t.Context(), eventlog.Request{
			Stream: eventlog.Stream{App: "default", Session: kyc.SessionID(fmt.Sprint("s", i%3))},
			Decide: func(eventlog.Head) ([]kyc.Event, error) {
				return []kyc.Event{kyc.WebhookDiscarded{Status: fmt.Sprint(i)}}, nil
			},
		})
		entry := accesslog.Entry{At: time.Unix(int64(i), 0), Actor: "ada", Via: accesslog.CLI, Action: "export"}
		if err := errors.Join(err, s.Record(t.Context(), entry)); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := errors.Join(<-ended, s.Close()); err != nil {
		t.Fatal(err)
	}
}

// topic publishes messages.
func topic(t *testing.T, databaseURL string, ids ...string) {
	t.Helper()
	c, err := postgres.OpenConsumer(t.Context(), databaseURL, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.CreateTopic(t.Context(), "orders"); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		statement, parameter, err := c.InsertMessages("orders", []sqlstore.Message{{UUID: id, Payload: []byte(id), Metadata: "{}"}}, time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		execute(t, databaseURL, statement, parameter)
	}
}

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}

// connect opens a database past the stores.
func connect(t *testing.T, databaseURL string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func execute(t *testing.T, databaseURL, statement string, args ...any) {
	t.Helper()
	db := connect(t, databaseURL)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// text reads one text; empty for NULL.
func text(t *testing.T, databaseURL, query string) string {
	t.Helper()
	db := connect(t, databaseURL)
	defer db.Close()
	var s sql.NullString
	if err := db.QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s.String
}

// program runs one of PostgreSQL's programs on a database.
func program(t *testing.T, databaseURL, name string, args ...string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	cmd := exec.CommandContext(t.Context(), name, append(args, "--dbname="+u.String())...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, output)
	}
}

// dumped returns a file of pg_dump.
func dumped(t *testing.T, databaseURL string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "dump")
	program(t, databaseURL, "pg_dump", append([]string{"--format=custom", "--file=" + file}, args...)...)
	return file
}

// checkCopied compares the rows of two databases.
func checkCopied(t *testing.T, from, to string, queries ...string) {
	t.Helper()
	for _, query := range queries {
		if want, got := text(t, from, query), text(t, to, query); want == "" || want != got {
			t.Errorf("%s: the copy has %d bytes of %d: %.200s", query, len(got), len(want), got)
		}
	}
}
