package postgres_test

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"dossier/adapters/cloudevents"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
	"dossier/application/consumer/consumertest"
	"dossier/application/eventlog"
	reads "dossier/application/query"
	"dossier/application/relay"
	"dossier/application/sessionref"
)

// counted is a log that counts how often it was read to its end.
type counted struct {
	*sqlstore.Store
	ends atomic.Int64
}

func (c *counted) end(events []eventlog.Recorded, err error) ([]eventlog.Recorded, error) {
	if err == nil && len(events) == 0 {
		c.ends.Add(1)
	}
	return events, err
}

// ReadAll implements eventlog.Reader.
func (c *counted) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	return c.end(c.Store.ReadAll(ctx, after, limit))
}

// ReadBehind implements eventlog.Reader.
func (c *counted) ReadBehind(ctx context.Context, at eventlog.Place, limit int) ([]eventlog.Recorded, error) {
	return c.end(c.Store.ReadBehind(ctx, at, limit))
}

// positions are what someone was given.
type positions struct {
	mu  sync.Mutex
	all []int64
}

func (p *positions) add(more ...int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, more...)
}

func (p *positions) are(want ...int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Equal(p.all, want)
}

// broker keeps what is published.
type broker struct{ positions }

// Publish implements relay.Broker.
func (b *broker) Publish(_ context.Context, messages []relay.Message) error {
	for _, m := range messages {
		b.add(m.Event.Position)
	}
	return nil
}

// Hazards and Close implement relay.Connection.
func (*broker) Hazards() []string { return nil }
func (*broker) Close() error      { return nil }

// Relayed implements relay.Meter.
func (*broker) Relayed(string, relay.Outcome, int) {}

// relayed relays a log until the test ends.
func relayed(t *testing.T, log *counted) *broker {
	to := &broker{}
	r := &relay.ToBroker{
		Feed: relay.Feed{
			Name: "crm", Log: log, Grown: log, Groups: consumertest.NewDesk(func() int64 { return math.MaxInt64 }), Envelope: cloudevents.New(sessionref.Key{1}, false),
			Holder: uuid.NewString(), Meter: to, Logger: slog.New(slog.DiscardHandler),
		},
		Connect: func(context.Context) (relay.Connection, error) { return to, nil },
	}
	untilTheEnd(t, func(ctx context.Context) { _ = r.Run(ctx) })
	return to
}

// followed follows a log as the live streams do, until the test ends.
func followed(t *testing.T, log *counted) *positions {
	f, err := reads.New(reads.Sources{Log: log, Grown: log}).Live().Follow(t.Context(), eventlog.Place{})
	must(t, err)
	t.Cleanup(f.Close)
	to := &positions{}
	untilTheEnd(t, func(ctx context.Context) {
		for at := (eventlog.Place{}); ctx.Err() == nil; {
			changed := f.Changed()
			events, next, _ := f.Next(ctx, eventlog.Filter{}, at, 100)
			for _, e := range events {
				to.add(e.Position)
			}
			if at = next; len(events) == 0 {
				eventlog.Wait(ctx, changed, patience)
			}
		}
	})
	return to
}

// untilTheEnd lets work run until the test ends.
func untilTheEnd(t *testing.T, work func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { work(ctx) })
	t.Cleanup(func() {
		cancel()
		working.Wait()
	})
}

// What a relay publishes and a live stream tells is known to others for good. The
// relay's place is kept elsewhere: waiting for a standby must not be what holds it
// back.
func TestWhoFollowsIsGivenNothingThatNoStandbyHas(t *testing.T) {
	p := newPair(t)
	writer := run(t, p.url, storetest.Options{})
	follow := map[string]*follower{}
	for name, s := range map[string]*sqlstore.Store{"the writer": writer.Store, "another server": run(t, p.url, storetest.Options{}).Store} {
		f := &follower{relayed: &counted{Store: s}, streamed: &counted{Store: s}}
		f.broker, f.stream = relayed(t, f.relayed), followed(t, f.streamed)
		follow[name] = f
	}
	given := func(want ...int64) bool {
		for _, f := range follow {
			if !f.broker.are(want...) || !f.stream.are(want...) {
				return false
			}
		}
		return true
	}
	appended(t, writer, "1")
	until(t, "all have the first event", func() bool { return given(1) })
	p.away(t)
	refusedAppend(t, writer, "2")
	if n := p.stored(t); n != 2 {
		t.Fatalf("the primary shows %d events: there is nothing to be tested", n)
	}
	for _, f := range follow {
		f.readAgain(t)
	}
	for name, f := range follow {
		if !f.broker.are(1) || !f.stream.are(1) {
			t.Errorf("%s published %v and streamed %v without a standby", name, f.broker.all, f.stream.all)
		}
	}
	p.back(t)
	until(t, "all have the second event", func() bool { return given(1, 2) })
}

// follower is a server that relays its log, and streams it.
type follower struct {
	relayed, streamed *counted
	broker            *broker
	stream            *positions
}

// readAgain returns when both have looked, from now on, for what is new and were
// given nothing, or were given something.
func (f *follower) readAgain(t *testing.T) {
	t.Helper()
	for log, given := range map[*counted]*positions{f.relayed: &f.broker.positions, f.streamed: f.stream} {
		before := log.ends.Load()
		until(t, "the log is read", func() bool { return log.ends.Load() > before+1 || !given.are(1) })
	}
}
