package pubsub_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/pubsub"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// patience bounds what a test waits for.
const patience = time.Minute

// open opens a subscriber that is closed when the test ends.
func open(tb testing.TB, databaseURL string, c pubsub.Config) *pubsub.Subscriber {
	tb.Helper()
	if c.Group == "" {
		c.Group = "test"
	}
	if c.ResendDelay == 0 {
		c.ResendDelay = time.Millisecond
	}
	s, err := pubsub.Open(context.Background(), databaseURL, c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// subscribeTo subscribes to the log.
func subscribeTo(tb testing.TB, s *pubsub.Subscriber) <-chan *message.Message {
	tb.Helper()
	in, err := s.Subscribe(context.Background(), pubsub.Topic)
	if err != nil {
		tb.Fatal(err)
	}
	return in
}

// next returns the next message.
func next(tb testing.TB, in <-chan *message.Message) *message.Message {
	tb.Helper()
	select {
	case msg, open := <-in:
		if !open {
			tb.Fatal("the subscription has ended")
		}
		return msg
	case <-time.After(patience):
		tb.Fatal("no message comes")
	}
	return nil
}

// none says that no message comes for a moment. It can only miss one that comes
// later.
func none(tb testing.TB, in <-chan *message.Message) {
	tb.Helper()
	select {
	case msg, open := <-in:
		if open {
			tb.Errorf("the message %s came", position(tb, msg))
		}
	case <-time.After(50 * time.Millisecond):
	}
}

func position(tb testing.TB, msg *message.Message) string {
	tb.Helper()
	return msg.Metadata.Get(pubsub.MetadataPosition)
}

// take acknowledges messages and returns their positions.
func take(tb testing.TB, in <-chan *message.Message, n int) []int {
	tb.Helper()
	positions := make([]int, n)
	for i := range positions {
		msg := next(tb, in)
		at, err := strconv.Atoi(position(tb, msg))
		if err != nil {
			tb.Fatal(err)
		}
		positions[i] = at
		msg.Ack()
	}
	return positions
}

// expect takes messages and compares their positions.
func expect(tb testing.TB, in <-chan *message.Message, first, last int) {
	tb.Helper()
	want := make([]int, 0, last-first+1)
	for i := first; i <= last; i++ {
		want = append(want, i)
	}
	if got := take(tb, in, len(want)); !slices.Equal(got, want) {
		tb.Fatalf("got the positions %v, want %v", got, want)
	}
}

// says appends events, each of a text in a session.
func says(tb testing.TB, s *sqlstore.Store, texts ...string) {
	tb.Helper()
	for _, text := range texts {
		if _, err := s.Append(context.Background(), request("a", text)); err != nil {
			tb.Fatal(err)
		}
	}
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

// numbered returns n texts.
func numbered(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprint("text ", i+1)
	}
	return texts
}

// raw opens a database past all else.
func raw(tb testing.TB, databaseURL string) *sql.DB {
	tb.Helper()
	driver, name := "postgres", databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+url.PathEscape(path)+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// accounts is a table that handlers write to, with what they wrote.
type accounts struct{ db *sql.DB }

// insertAccount is what a handler does for a message.
const insertAccount = `INSERT INTO accounts (opened_by) VALUES ($1)`

func newAccounts(tb testing.TB, databaseURL string) accounts {
	tb.Helper()
	db := raw(tb, databaseURL)
	if _, err := db.Exec(`CREATE TABLE accounts (opened_by TEXT NOT NULL)`); err != nil {
		tb.Fatal(err)
	}
	return accounts{db}
}

// openAccount writes through the message's transaction.
func openAccount(tb testing.TB, msg *message.Message) {
	tb.Helper()
	if err := tryToOpenAccount(msg); err != nil {
		tb.Fatal(err)
	}
}

func tryToOpenAccount(msg *message.Message) error {
	tx, err := pubsub.Tx(msg.Context())
	if err == nil {
		_, err = tx.ExecContext(msg.Context(), insertAccount, msg.Metadata.Get(pubsub.MetadataPosition))
	}
	return err
}

// opened returns which messages opened accounts, in order.
func (a accounts) opened(tb testing.TB) (positions []int) {
	tb.Helper()
	rows, err := a.db.Query(`SELECT CAST(opened_by AS integer) FROM accounts ORDER BY 1`)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var at int
		if err := rows.Scan(&at); err != nil {
			tb.Fatal(err)
		}
		positions = append(positions, at)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return positions
}

// expect compares which messages opened accounts.
func (a accounts) expect(tb testing.TB, want ...int) {
	tb.Helper()
	if got := a.opened(tb); !slices.Equal(got, want) {
		tb.Errorf("accounts were opened by the messages %v, want %v", got, want)
	}
}
