package reconcile_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/application/command"
	"dossier/application/consumer/consumertest"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// book is a log in memory.
type book struct {
	mu     sync.Mutex
	events []eventlog.Recorded
}

// secret is a part of every session id here: no log line may have it.
const secret = "tell-nobody"

func streamOf(session string) eventlog.Stream {
	app, session, found := strings.Cut(session, "/")
	if !found {
		app, session = "default", app
	}
	return eventlog.Stream{App: kyc.App(app), Session: kyc.SessionID(session + secret)}
}

// add appends an event and returns its position.
func (b *book) add(session string, e kyc.Event, metadata string) int64 {
	return b.record(streamOf(session), e, metadata)
}

func (b *book) record(s eventlog.Stream, e kyc.Event, metadata string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	position := int64(len(b.events) + 1)
	b.events = append(b.events, eventlog.Recorded{Position: position, RecordedAt: time.Now(), Stream: s, Event: e, Metadata: metadata})
	return position
}

// flag appends a flag of each session.
func (b *book) flag(sessions ...string) {
	for _, s := range sessions {
		b.add(s, kyc.TransitionFlagged{Violation: kyc.Premature}, `{"attempt":1}`)
	}
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

// asked is one attempt to reconcile a session.
type asked struct {
	session string
	at      time.Time
	head    int64 // of the log when it began
}

// provider answers attempts: it records a snapshot unless answer has an error.
type provider struct {
	log    *book
	models *models       // told of snapshots
	slow   time.Duration // from a snapshot's commit to its answer

	mu     sync.Mutex
	answer func(ctx context.Context, session string) error // nil: all is well
	lags   int                                             // how many answers of each session are asked for again
	asked  []asked
}

// lag is how long a snapshot of a test that may lag waits.
const lag = 20 * time.Second

// shows returns the next snapshot of a session. The one who was asked before this
// is counted.
func (p *provider) shows(session string) kyc.SnapshotObserved {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, a := range p.asked {
		if a.session == session {
			n++
		}
	}
	if n > p.lags {
		return kyc.SnapshotObserved{Status: "APPROVED"}
	}
	now := time.Now()
	return kyc.SnapshotObserved{Status: "PENDING_VERIFICATION", Contradicts: 1, AskedAt: now, AskAgain: now.Add(lag)}
}

func (p *provider) Handle(ctx context.Context, s eventlog.Stream, actor string) (command.Reconciled, error) {
	if actor != kyc.ReconciledBy {
		return command.Reconciled{}, errors.New("asked for by " + actor)
	}
	session := nameOf(s)
	p.mu.Lock()
	p.asked = append(p.asked, asked{session, time.Now(), p.log.head()})
	answer := p.answer
	p.mu.Unlock()
	if answer != nil {
		if err := answer(ctx, session); err != nil {
			return command.Reconciled{}, err
		}
	}
	shown := p.shows(session)
	position := p.log.record(s, shown, `{"actor":"dossier"}`)
	p.models.observed(s, position)
	after(p.slow)
	done := command.Reconciled{Recorded: true, Position: position, Last: position, Contradicts: shown.Contradicts, AskAgain: shown.AskAgain}
	if shown.Applied() {
		done.Differences = 1
	}
	return done, nil
}

// nameOf undoes streamOf.
func nameOf(s eventlog.Stream) string {
	session := strings.TrimSuffix(string(s.Session), secret)
	if s.App != "default" {
		session = string(s.App) + "/" + session
	}
	return session
}

func (p *provider) set(answer func(context.Context, string) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

func (p *provider) all() []asked {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// sessions returns which were asked for, in order.
func (p *provider) sessions() (names []string) {
	for _, a := range p.all() {
		names = append(names, a.session)
	}
	return names
}

// counts is a meter.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) Reconciled(cause reconcile.Cause, o reconcile.Outcome, differences, settled int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[cause.String()+" "+o.String()]++
	c.of["differences"] += differences
	c.of["settled"] += settled
}

func (c *counts) get(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[name]
}

// world is a follower and all that it works with.
type world struct {
	log      *book
	desk     *consumertest.Desk
	provider *provider
	models   *models
	meter    *counts
	lines    *consumertest.Lines
}

func newWorld() *world {
	b := &book{}
	m := &models{}
	return &world{b, consumertest.NewDesk(b.head), &provider{log: b, models: m}, m, &counts{of: map[string]int{}}, &consumertest.Lines{}}
}

func (w *world) follower(holder string) *reconcile.Follower {
	return &reconcile.Follower{
		Log: w.log, Groups: w.desk, Holder: holder, Knows: func(app kyc.App) bool { return app != "keyless" },
		Sessions: w.provider, Meter: w.meter,
		SessionRef: func(_ kyc.App, s kyc.SessionID) string { return "ref-" + strings.TrimSuffix(string(s), secret) },
		Logger:     slog.New(slog.NewTextHandler(w.lines, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Jitter:     func() float64 { return 0.5 }, // changes nothing
		Page:       10,
	}
}

// start runs a follower until the test calls stop, which returns its error.
func start(t testing.TB, f *reconcile.Follower) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
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

// check fails unless those sessions were asked for, in that order, and the place
// is at the head.
func (w *world) check(t *testing.T, sessions ...string) {
	t.Helper()
	if got := w.provider.sessions(); !slices.Equal(got, sessions) {
		t.Errorf("asked for %v, wanted %v", got, sessions)
	}
	if at, head := w.desk.At(), w.log.head(); at != head {
		t.Errorf("the place is %d, the head %d", at, head)
	}
	if w.lines.Count(secret) > 0 {
		t.Error("a session id was logged")
	}
}
