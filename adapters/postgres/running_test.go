package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// patience bounds what must come: if it has not by then, it never will.
const patience = 2 * time.Minute

// running is a store whose Run runs until the test ends or stop is called.
type running struct {
	*sqlstore.Store
	stop  context.CancelFunc
	ended chan struct{}
}

func run(t *testing.T, url string, o storetest.Options) *running {
	t.Helper()
	return start(t, open(t, url, config(o)))
}

func open(t *testing.T, url string, c sqlstore.Config) *sqlstore.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), url, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t *testing.T, s *sqlstore.Store) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{s, stop, make(chan struct{})}
	go func() {
		defer close(r.ended)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-r.ended
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// gate stops the first append that comes to its commit, until it is opened.
type gate struct {
	first           sync.Once
	reached, opened chan struct{}
}

func newGate() *gate { return &gate{reached: make(chan struct{}), opened: make(chan struct{})} }

func (g *gate) pass() {
	g.first.Do(func() {
		close(g.reached)
		<-g.opened
	})
}

// request appends one event that says a text, and is delivered under that name.
func request(session, text string) eventlog.Request {
	return eventlog.Request{
		Stream:   eventlog.Stream{App: "default", Session: kyc.SessionID(session)},
		Delivery: &eventlog.Delivery{ID: text},
		Decide: func(eventlog.Head) ([]kyc.Event, error) {
			return []kyc.Event{kyc.WebhookDiscarded{Status: text}}, nil
		},
	}
}

// insist sends a delivery until it is stored, as a provider does.
func insist(ctx context.Context, s eventlog.Appender, r eventlog.Request) (eventlog.Receipt, error) {
	for {
		receipt, err := s.Append(ctx, r)
		again := errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrOutcomeUnknown)
		if !again || ctx.Err() != nil {
			return receipt, err
		}
	}
}

// says returns the texts of the whole log, as the database has them.
func says(t *testing.T, s eventlog.Reader) (all []string) {
	t.Helper()
	events, _, err := s.ReadFiltered(t.Context(), eventlog.Filter{}, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		if e.Position != int64(i+1) {
			t.Errorf("event %d has position %d", i+1, e.Position)
		}
		all = append(all, e.Event.(kyc.WebhookDiscarded).Status)
	}
	return all
}
