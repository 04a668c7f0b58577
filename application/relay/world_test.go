package relay_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/application/consumer/consumertest"
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/domain/kyc"
)

// book is a log in memory.
type book struct {
	eventlog.Broadcast
	mu     sync.Mutex
	events []eventlog.Recorded
}

// secret is a part of every session id here: no log line may have it.
const secret = "tell-nobody"

// add appends an event of each session.
func (b *book) add(sessions ...string) {
	b.mu.Lock()
	for _, s := range sessions {
		app, session, found := strings.Cut(s, "/")
		if !found {
			app, session = "default", s
		}
		kind, session, found := strings.Cut(session, ":")
		if !found {
			kind, session = "t1", kind
		}
		b.events = append(b.events, eventlog.Recorded{
			Position: int64(len(b.events) + 1), Type: kind, RecordedAt: time.Now(),
			Stream: eventlog.Stream{App: kyc.App(app), Session: kyc.SessionID(session + secret)},
		})
	}
	b.mu.Unlock()
	b.Notify()
}

func (b *book) head() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int64(len(b.events))
}

func (b *book) ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last := min(after+int64(limit), int64(len(b.events)))
	return slices.Clone(b.events[min(after, last):last]), ctx.Err()
}

// ReadFiltered looks at 50 events.
func (b *book) ReadFiltered(_ context.Context, f eventlog.Filter, after int64, limit int) (page []eventlog.Recorded, scanned int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for scanned = after; scanned < min(after+50, int64(len(b.events))) && len(page) < limit; scanned++ {
		e := b.events[scanned]
		if (f.App == "" || f.App == e.Stream.App) && (f.Type == "" || f.Type == e.Type) {
			page = append(page, e)
		}
	}
	return page, scanned, nil
}

func (b *book) ReadOne(_ context.Context, position int64) (eventlog.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if position > int64(len(b.events)) {
		return eventlog.Recorded{}, eventlog.ErrNotFound
	}
	return b.events[position-1], nil
}

// wrap is the envelope.
type wrap struct{}

func (wrap) Message(e eventlog.Recorded) (relay.Message, error) {
	return relay.Message{Event: e, Key: e.Stream.Key(), Body: []byte(fmt.Sprint(e.Position))}, nil
}

// target is a broker and a receiver that remember what they have.
type target struct {
	mu       sync.Mutex
	answer   func(m relay.Message) error // nil: takes all
	tried    []int64
	has      []int64
	hasAt    []time.Time
	sessions map[eventlog.Stream][]int64 // what they have for the first time
}

func newTarget(answer func(relay.Message) error) *target {
	return &target{answer: answer, sessions: map[eventlog.Stream][]int64{}}
}

func (t *target) Publish(ctx context.Context, messages []relay.Message) error {
	for _, m := range messages {
		if err := t.Deliver(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (t *target) Deliver(ctx context.Context, m relay.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tried = append(t.tried, m.Event.Position)
	if t.answer != nil {
		if err := t.answer(m); err != nil {
			return err
		}
	}
	t.take(m)
	return nil
}

// take expects the lock to be held.
func (t *target) take(m relay.Message) {
	if !slices.Contains(t.has, m.Event.Position) {
		t.sessions[m.Event.Stream] = append(t.sessions[m.Event.Stream], m.Event.Position)
	}
	t.has, t.hasAt = append(t.has, m.Event.Position), append(t.hasAt, time.Now())
}

func (t *target) set(answer func(relay.Message) error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.answer = answer
}

func (t *target) got() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.has)
}

func (t *target) tries() []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.tried)
}

// checkOnce fails unless the target has each event up to a position once.
func (t *target) checkOnce(tb testing.TB, head int64) {
	tb.Helper()
	got := t.got()
	slices.Sort(got)
	if !slices.Equal(got, upTo(head)) {
		tb.Errorf("got %v, wanted each of 1 to %d once", got, head)
	}
	t.checkOrder(tb)
}

// checkOrder fails unless each session came in order.
func (t *target) checkOrder(tb testing.TB) {
	tb.Helper()
	for _, positions := range t.disordered() {
		tb.Errorf("a session came in the order %v", positions)
	}
}

// disordered returns the sessions that did not come in order.
func (t *target) disordered() (all [][]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, positions := range t.sessions {
		if !slices.IsSorted(positions) {
			all = append(all, slices.Clone(positions))
		}
	}
	return all
}

func upTo(n int64) (positions []int64) {
	for p := int64(1); p <= n; p++ {
		positions = append(positions, p)
	}
	return positions
}

// counts is a meter.
type counts struct {
	mu sync.Mutex
	of map[relay.Outcome]int
}

func (c *counts) Relayed(_ string, o relay.Outcome, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[relay.Outcome]int{}
	}
	c.of[o] += n
}

func (c *counts) get(o relay.Outcome) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[o]
}

// world is a relay and all that it works with.
type world struct {
	log    *book
	desk   *desk
	target *target
	meter  *counts
	lines  *consumertest.Lines
}

func newWorld(answer func(relay.Message) error) *world {
	b := &book{}
	return &world{b, newDesk(b), newTarget(answer), &counts{}, &consumertest.Lines{}}
}

func (w *world) feed(holder string) relay.Feed {
	return relay.Feed{
		Name: "test", Log: w.log, Grown: w.log, Groups: w.desk, Envelope: wrap{}, Holder: holder, Meter: w.meter,
		Logger: slog.New(slog.NewTextHandler(w.lines, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Jitter: func() float64 { return 0.5 }, // changes nothing
		Page:   10, Lanes: 4,
	}
}

func (w *world) toBroker(holder string) *relay.ToBroker {
	return &relay.ToBroker{Feed: w.feed(holder), Connect: reached(w.target)}
}

func (w *world) toReceiver(holder string) *relay.ToReceiver {
	return &relay.ToReceiver{Feed: w.feed(holder), Receiver: w.target, Deferred: w.desk}
}

// start runs a relay until the test calls stop, which returns its error.
func start(t *testing.T, run func(context.Context) error) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	return stop
}

// after lets time of the bubble pass. It sleeps: two channels of timers that
// are due at once crash the race detector of Go 1.26 in a bubble.
func after(d time.Duration) { time.Sleep(d) }

var errAway = errors.New("connection refused")
