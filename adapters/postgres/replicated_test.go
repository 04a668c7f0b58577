package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
	"dossier/application/access"
	"dossier/application/accesslog"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// pair is a primary whose commits a standby must have.
type pair struct {
	primary, standby *pgcluster.Server
	url              string
}

const onlyStandby = "s1"

// newPair starts a pair with the schema.
func newPair(t testing.TB) pair {
	t.Helper()
	p := pair{primary: pgcluster.New(t)}
	p.url = p.primary.URL("postgres")
	if _, err := postgres.Migrate(t.Context(), p.url); err != nil {
		t.Fatal(err)
	}
	p.standby = pgcluster.Follow(t, p.primary, onlyStandby)
	must(t, p.primary.Set(t.Context(), "synchronous_standby_names", onlyStandby))
	return p
}

// replicated is a pair as the conformance suite uses it.
type replicated struct {
	*database
	standby *pgcluster.Server
}

func newReplicated(tb testing.TB) *replicated {
	tb.Helper()
	p := newPair(tb)
	return &replicated{databaseAt(tb, p.url), p.standby}
}

// Away implements storetest.Replicated.
func (r *replicated) Away(ctx context.Context) error { return r.standby.Stop(ctx, pgcluster.Fast) }

// Back implements storetest.Replicated.
func (r *replicated) Back(ctx context.Context) error { return r.standby.Start(ctx) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// away stops the standby.
func (p pair) away(t *testing.T) {
	t.Helper()
	must(t, p.standby.Stop(t.Context(), pgcluster.Fast))
}

func (p pair) back(t *testing.T) {
	t.Helper()
	must(t, p.standby.Start(t.Context()))
}

// stored returns how many events the primary shows to anyone who asks it.
func (p pair) stored(t *testing.T) (n int) {
	t.Helper()
	return query(t, p.url, `SELECT count(*) FROM events`)
}

func query(t *testing.T, url, statement string) (n int) {
	t.Helper()
	db, err := sql.Open("postgres", url)
	must(t, err)
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), statement).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// until waits for what comes by itself.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatal("it does not come about that " + what)
		}
		eventlog.Wait(t.Context(), nil, 20*time.Millisecond)
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// readers are all the ways to read events, each with up to where it came.
func readers(t *testing.T, s *sqlstore.Store) map[string]int64 {
	t.Helper()
	ctx := t.Context()
	found := map[string]int64{}
	last := func(name string, events []eventlog.Recorded, err error) {
		must(t, err)
		found[name] = 0
		if len(events) > 0 {
			found[name] = events[len(events)-1].Position
		}
	}
	head, err := s.Head(ctx)
	must(t, err)
	found["Head"] = head
	for found["ReadAll"] = 0; ; { // it may come in pieces
		events, err := s.ReadAll(ctx, found["ReadAll"], 100)
		must(t, err)
		if len(events) == 0 {
			break
		}
		found["ReadAll"] = events[len(events)-1].Position
	}
	events, scanned, err := s.ReadFiltered(ctx, eventlog.Filter{}, 0, 100)
	last("ReadFiltered", events, err)
	found["ReadFiltered's bound"] = scanned
	events, err = s.ReadStream(ctx, eventlog.Stream{App: "default", Session: "a"}, 0, 100)
	last("ReadStream", events, err)
	rows, err := s.ReadRows(ctx, "", 0, 100)
	must(t, err)
	found["ReadRows"] = int64(len(rows))
	for position := int64(1); ; position++ {
		_, err := s.ReadOne(ctx, position)
		if errors.Is(err, eventlog.ErrNotFound) {
			found["ReadOne"] = position - 1
			return found
		}
		must(t, err)
	}
}

func readUpTo(t *testing.T, who string, s *sqlstore.Store, want int64) {
	t.Helper()
	for name, got := range readers(t, s) {
		if got != want {
			t.Errorf("%s of %s comes up to %d, want %d", name, who, got, want)
		}
	}
}

func appended(t *testing.T, s eventlog.Appender, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := s.Append(t.Context(), request("a", text)); err != nil {
			t.Fatalf("append %s: %v", text, err)
		}
	}
}

func refusedAppend(t *testing.T, s eventlog.Appender, text string) {
	t.Helper()
	if receipt, err := s.Append(t.Context(), request("a", text)); !errors.Is(err, eventlog.ErrNotReplicated) {
		t.Errorf("append of %s without a standby: %+v, %v", text, receipt, err)
	}
}

// What no standby has is neither acknowledged nor given out, by any process, and
// all of it comes right when the standby is back, without traffic.
func TestNothingThatNoStandbyHasIsAcknowledgedOrRead(t *testing.T) {
	p := newPair(t)
	s, other := run(t, p.url, storetest.Options{}), run(t, p.url, storetest.Options{})
	appended(t, s, "1", "2", "3")
	readUpTo(t, "the writer", s.Store, 3)
	p.away(t)
	refusedAppend(t, s, "4")
	if n := p.stored(t); n != 4 {
		t.Fatalf("the primary shows %d events: there is nothing to be tested", n)
	}
	reading, err := postgres.OpenReadOnly(t.Context(), p.url, config(storetest.Options{}))
	must(t, err)
	defer reading.Close()
	for name, s := range map[string]*sqlstore.Store{"the writer": s.Store, "another server": other.Store, "a reader": reading} {
		// Who was told nothing before knows of no event that is on the standby.
		if readers(t, s)["Head"] > 3 {
			t.Errorf("%s gives out what no standby has", name)
		}
	}
	readUpTo(t, "the writer", s.Store, 3)
	refusedAppend(t, s, "4") // is stored, and no duplicate yet
	refusedAppend(t, other, "4")
	refusedAppend(t, s, "5")
	if n := p.stored(t); n != 4 {
		t.Errorf("%d events are stored: each append waited in vain", n)
	}
	if s.Ready(t.Context()) == nil || other.Ready(t.Context()) == nil {
		t.Error("a store is ready that can make nothing durable")
	}
	if err := s.Record(t.Context(), accesslog.Entry{At: time.Now(), Actor: "ada", Role: access.Auditor, Via: accesslog.API, Action: "verify"}); !errors.Is(err, eventlog.ErrNotReplicated) {
		t.Errorf("an access was recorded without a standby: %v", err)
	}
	changed := other.Changed()
	p.back(t)
	eventlog.Wait(t.Context(), changed, patience)
	for name, s := range map[string]*sqlstore.Store{"the writer": s.Store, "another server": other.Store, "a reader": reading} {
		until(t, name+" reads everything", func() bool { return readers(t, s)["Head"] == 4 })
		readUpTo(t, name, s, 4)
	}
	until(t, "the stores are ready", func() bool { return s.Ready(t.Context()) == nil && other.Ready(t.Context()) == nil })
	receipt, err := s.Append(t.Context(), request("a", "4"))
	if want := (eventlog.Receipt{Duplicate: true, Position: 4, Version: 4, Last: 4}); err != nil || receipt != want {
		t.Errorf("the retry got %+v, %v, want %+v", receipt, err, want)
	}
	appended(t, other, "5")
}

// A primary that starts anew shows what it had not acknowledged.
func TestWhatAPrimaryRecoversIsNotConfirmed(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	appended(t, s, "1", "2")
	p.away(t)
	waiting := make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), request("a", "3"))
		waiting <- err
	}()
	until(t, "the append waits", func() bool {
		return query(t, p.url, `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`) > 0
	})
	must(t, p.primary.Kill())
	must(t, p.primary.Start(t.Context()))
	if err := <-waiting; err == nil {
		t.Error("an append was acknowledged by a primary that was killed before its standby had it")
	}
	if n := p.stored(t); n != 3 {
		t.Fatalf("the primary shows %d events: there is nothing to be tested", n)
	}
	fresh := run(t, p.url, storetest.Options{})
	for name, s := range map[string]*running{"the writer": s, "another server": fresh} {
		until(t, name+" connects", func() bool { _, err := s.Head(t.Context()); return err == nil })
		if head, err := s.Head(t.Context()); head > 2 || err != nil {
			t.Errorf("%s gives out position %d, %v", name, head, err)
		}
		refusedAppend(t, s, "3")
	}
	p.back(t)
	for _, s := range []*running{s, fresh} {
		until(t, "the retry is a duplicate", func() bool {
			receipt, err := s.Append(t.Context(), request("a", "3"))
			return err == nil && receipt.Duplicate
		})
		readUpTo(t, "a server", s.Store, 3)
	}
}

// An answer that writes nothing rests on what was seen, as a duplicate does.
func TestARefusalThatRestsOnUnconfirmedEventsIsNotGiven(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	appended(t, s, "1")
	p.away(t)
	refusedAppend(t, s, "2")
	fresh := run(t, p.url, storetest.Options{})
	errSeen := errors.New("there are two events")
	_, err := fresh.Append(t.Context(), eventlog.Request{
		Stream: eventlog.Stream{App: "default", Session: "a"},
		Decide: func(h eventlog.Head) ([]kyc.Event, error) { return nil, errSeen },
	})
	if !errors.Is(err, eventlog.ErrNotReplicated) {
		t.Errorf("got %v, want %v", err, eventlog.ErrNotReplicated)
	}
}

// Of a subscriber's process.
func TestNoSubscriberIsGivenWhatNoStandbyHas(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	appended(t, s, "1", "2")
	consumer, err := postgres.OpenConsumer(t.Context(), p.url, time.Now)
	must(t, err)
	defer consumer.Close()
	given := func() (positions []int64) {
		must(t, consumer.ReadEvents(t.Context(), 0, 100, func(e *sqlstore.Raw) error {
			positions = append(positions, e.Position)
			return nil
		}))
		return positions
	}
	if got := given(); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("given %v", got)
	}
	p.away(t)
	refusedAppend(t, s, "3")
	if got := given(); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("given %v without a standby", got)
	}
	p.back(t)
	until(t, "the subscriber is given the rest", func() bool { return len(given()) == 3 })
}

// Where no standby has to confirm, nothing is asked, and nothing is held back.
func TestWithoutStandbysEverythingIsConfirmed(t *testing.T) {
	p := newPair(t)
	must(t, p.primary.Set(t.Context(), "synchronous_standby_names", ""))
	p.away(t)
	s, other := run(t, p.url, storetest.Options{}), run(t, p.url, storetest.Options{})
	until(t, "the setting is there", func() bool {
		return query(t, p.url, `SELECT count(*) WHERE current_setting('synchronous_standby_names') = ''`) == 1
	})
	appended(t, s, "1", "2")
	readUpTo(t, "the writer", s.Store, 2)
	readUpTo(t, "another server", other.Store, 2)
}
