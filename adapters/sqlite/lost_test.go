package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}

// opened is a store whose connection for appends is flaky. Errors that hold a
// text are classified as data that the database refuses.
func opened(t *testing.T) (*sqlstore.Store, *flaky) {
	t.Helper()
	path := migrated(t)
	file := found(t, path)
	pools, err := openPools(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{path: path}
	pools.Log.Close()
	pools.Log = sql.OpenDB(connector{f, file})
	d := guarded(file)
	d.Classify = func(err error) sqlstore.Class {
		if errors.Is(err, errPoison) {
			return sqlstore.BadData
		}
		return classify(err)
	}
	s := sqlstore.New(sqlstore.Config{
		Pools: pools, Dialect: d, Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now,
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, f
}

var errPoison = errors.New("these values are refused")

// request appends one event that says a text.
func request(session, text string) eventlog.Request {
	return eventlog.Request{
		Stream:   eventlog.Stream{App: "default", Session: kyc.SessionID(session)},
		Delivery: &eventlog.Delivery{ID: text},
		Decide: func(eventlog.Head) ([]kyc.Event, error) {
			return []kyc.Event{kyc.WebhookDiscarded{Status: text}}, nil
		},
	}
}

// TestFaultsOfTheDatabase lets a statement of an append fail, and then sends the
// same delivery again.
func TestFaultsOfTheDatabase(t *testing.T) {
	for name, c := range map[string]struct {
		faults []fault
		want   error            // of the first try
		again  eventlog.Receipt // the answer to the second
	}{
		"the commit fails": {
			[]fault{{statement: "COMMIT", before: errLost}}, eventlog.ErrOutcomeUnknown, eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
		"the commit's answer is lost": {
			[]fault{{statement: "COMMIT", after: errLost}}, eventlog.ErrOutcomeUnknown,
			eventlog.Receipt{Duplicate: true, Position: 2, Version: 2, Last: 2}},
		"the connection is lost at the commit": {
			[]fault{{statement: "COMMIT", after: driver.ErrBadConn}}, eventlog.ErrOutcomeUnknown,
			eventlog.Receipt{Duplicate: true, Position: 2, Version: 2, Last: 2}},
		"the inserts fail": {
			[]fault{{statement: "INSERT INTO events", before: errLost}}, eventlog.ErrUnavailable, eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
		"the inserts' answer is lost": {
			[]fault{{statement: "INSERT INTO events", after: errLost}}, eventlog.ErrUnavailable, eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
		"the lock can't be taken": {
			[]fault{{statement: "BEGIN", before: errLost}}, eventlog.ErrUnavailable, eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
		"the heads can't be read": {
			[]fault{{statement: "json_each($1) AS wanted CROSS JOIN heads", before: errLost}}, eventlog.ErrUnavailable,
			eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
		"an idle connection was lost": {
			[]fault{{statement: "BEGIN", before: driver.ErrBadConn}}, nil, eventlog.Receipt{Duplicate: true, Position: 2, Version: 2, Last: 2}},
		"the connection is lost twice": {
			[]fault{{statement: "BEGIN", before: driver.ErrBadConn}, {statement: "BEGIN", before: driver.ErrBadConn}},
			eventlog.ErrUnavailable, eventlog.Receipt{Position: 2, Version: 2, Last: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			s, f := opened(t)
			if _, err := s.Append(t.Context(), request("a", "before")); err != nil {
				t.Fatal(err)
			}
			f.fail(c.faults...)
			if _, err := s.Append(t.Context(), request("a", "x")); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			receipt, err := s.Append(t.Context(), request("a", "x"))
			if err != nil || receipt != c.again {
				t.Errorf("again: %+v, %v, want %+v", receipt, err, c.again)
			}
			says(t, s, "before", "x")
		})
	}
}

// says checks the texts of the whole log, as the database has it.
func says(t *testing.T, s *sqlstore.Store, want ...string) {
	t.Helper()
	events, _, err := s.ReadFiltered(t.Context(), eventlog.Filter{}, 0, 100)
	if err != nil || len(events) != len(want) {
		t.Fatalf("%d events, want %d: %v", len(events), len(want), err)
	}
	for i, e := range events {
		if got := e.Event.(kyc.WebhookDiscarded).Status; got != want[i] || e.Position != int64(i+1) {
			t.Errorf("event %d is %q at %d, want %q", i, got, e.Position, want[i])
		}
	}
}

// Values that the database refuses must not fail the appends beside them: the
// batch is written again, one by one.
func TestRefusedValuesFailAlone(t *testing.T) {
	s, f := opened(t)
	for range 5 { // in the batch, and alone
		f.fail(fault{statement: "INSERT INTO events", argument: "poison", before: errPoison})
	}
	var appends sync.WaitGroup
	failures := make([]error, 20)
	for i := range failures {
		text := "fine"
		if i == 7 {
			text = "poison"
		}
		r := request("a", text)
		r.Delivery = nil
		appends.Go(func() { _, failures[i] = s.Append(t.Context(), r) })
	}
	appends.Wait()
	for i, err := range failures {
		if i == 7 && !errors.Is(err, eventlog.ErrUnstorable) || i != 7 && err != nil {
			t.Errorf("append %d: %v", i, err)
		}
	}
	if head, err := s.Head(t.Context()); err != nil || head != 19 {
		t.Errorf("head %d, %v", head, err)
	}
}

// A connection that is given up must be closed, with its statements: SQLite
// would keep it, and with it the log's lock and the file beside the database.
func TestNothingStaysOpenAfterAFault(t *testing.T) {
	var path string
	t.Run("a store with a fault", func(t *testing.T) {
		s, f := opened(t)
		path = f.path
		f.fail(fault{statement: "INSERT INTO events", after: errLost})
		if _, err := s.Append(t.Context(), request("a", "x")); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
		if _, err := s.Append(t.Context(), request("a", "x")); err != nil {
			t.Error(err)
		}
	})
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the write-ahead log is still there, so a connection is still open: %v", err)
	}
}
