package nats_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dossier/adapters/cloudevents"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
)

// filled is a log with events, in a database.
type filled struct{ store *sqlstore.Store }

// envelope is that of the relays of these tests.
func envelope() *cloudevents.Envelope { return cloudevents.New(sessionref.Key{7}, true) }

// filledLog returns a log with events of all sessions in turn.
func filledLog(t *testing.T) filled {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path, sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for range perSession {
		appendRound(t, s)
	}
	return filled{s}
}

// appendRound appends one event to each session.
func appendRound(t *testing.T, s *sqlstore.Store) {
	var appends sync.WaitGroup
	for session := range sessions {
		appends.Go(func() {
			_, err := s.Append(t.Context(), eventlog.Request{
				Stream: eventlog.Stream{App: kyc.DefaultApp, Session: kyc.SessionID(fmt.Sprintf("session-%d", session))},
				Decide: func(eventlog.Head) ([]kyc.Event, error) {
					return []kyc.Event{kyc.WebhookDiscarded{Status: "ON_HOLD"}}, nil
				},
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	appends.Wait()
}

// relay returns the relay of the whole log to a broker.
func (l filled) relay(b relay.Broker) *relay.ToBroker {
	connect := func(context.Context) (relay.Connection, error) { return lent{b}, nil }
	return &relay.ToBroker{Connect: connect, Feed: relay.Feed{
		Name: "nats", Log: l.store, Grown: l.store, Groups: l.store.Groups(), Envelope: envelope(),
		Holder: "test", Meter: noMeter{}, Logger: slog.New(slog.DiscardHandler),
	}}
}

// lent is a connection that the test closes.
type lent struct{ relay.Broker }

func (lent) Hazards() []string { return nil }
func (lent) Close() error      { return nil }

// messages returns what a relay publishes of the log.
func (l filled) messages(t *testing.T) (all []relay.Message) {
	t.Helper()
	events, err := l.store.ReadAll(t.Context(), 0, wantedInTotal+1)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		m, err := envelope().Message(e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// position returns how far the relay says that it is.
func (l filled) position(t *testing.T) int64 {
	t.Helper()
	groups, err := l.store.Groups().Groups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups {
		if g.Name == consumer.RelayName("nats") {
			return g.Position
		}
	}
	return 0
}

// noMeter implements sqlstore.Meter and relay.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}
func (noMeter) Relayed(string, relay.Outcome, int)           {}
