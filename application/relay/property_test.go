package relay_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// weather decides what fails. It is safe for concurrent use.
type weather struct {
	mu     sync.Mutex
	random *rand.Rand
	bad    float64 // the chance that something fails
}

func (w *weather) strikes() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.Float64() < w.bad
}

func (w *weather) below(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.IntN(n)
}

func (w *weather) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad = 0
}

var errStruck = errors.New("struck")

// through does something that may fail before it is done, or after.
func (w *weather) through(do func() error) error {
	if w.strikes() {
		return errStruck
	}
	err := do()
	if w.strikes() {
		return errors.Join(errStruck, err)
	}
	return err
}

// process is one that relays, and may die: nothing that it calls answers then.
type process struct {
	*desk
	target  *target
	weather *weather
	dead    chan struct{}
}

func (p *process) do(ctx context.Context, f func() error) error {
	select {
	case <-p.dead:
		<-ctx.Done()
		return ctx.Err()
	default:
		return p.weather.through(f)
	}
}

func (p *process) Claim(ctx context.Context, c consumer.Claim) (at consumer.Grant, err error) {
	err = p.do(ctx, func() (err error) { at, err = p.desk.Claim(ctx, c); return err })
	return at, err
}

func (p *process) Move(ctx context.Context, m consumer.Move) error {
	return p.do(ctx, func() error { return p.desk.Move(ctx, m) })
}

func (p *process) Settle(ctx context.Context, m consumer.Move, deferred []relay.Deferred) error {
	return p.do(ctx, func() error { return p.desk.Settle(ctx, m, deferred) })
}

func (p *process) Release(ctx context.Context, id consumer.ID, holder string) error {
	return p.do(ctx, func() error { return p.desk.Release(ctx, id, holder) })
}

func (p *process) Blocked(ctx context.Context, name string, streams []eventlog.Stream) (blocked []eventlog.Stream, err error) {
	err = p.do(ctx, func() (err error) { blocked, err = p.desk.Blocked(ctx, name, streams); return err })
	return blocked, err
}

func (p *process) Due(ctx context.Context, name string, now, latest time.Time, limit int) (due []relay.Deferred, err error) {
	err = p.do(ctx, func() (err error) { due, err = p.desk.Due(ctx, name, now, latest, limit); return err })
	return due, err
}

func (p *process) Accepted(ctx context.Context, name string, m relay.Deferred) (next relay.Deferred, found bool, err error) {
	err = p.do(ctx, func() (err error) { next, found, err = p.desk.Accepted(ctx, name, m); return err })
	return next, found, err
}

func (p *process) Refused(ctx context.Context, name string, m relay.Deferred) error {
	return p.do(ctx, func() error { return p.desk.Refused(ctx, name, m) })
}

func (p *process) Publish(ctx context.Context, messages []relay.Message) error {
	for _, m := range messages {
		if err := p.Deliver(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (p *process) Deliver(ctx context.Context, m relay.Message) error {
	eventlog.Wait(ctx, nil, time.Duration(p.weather.below(50))*time.Millisecond)
	return p.do(ctx, func() error { return p.target.Deliver(ctx, m) })
}

// storm is one random run: a log that grows, processes that come, go and die,
// and faults of everything; then the weather clears.
type storm struct {
	seed      uint64
	receiver  bool
	sessions  int
	events    int
	bad       float64
	deaths    bool
	processes int
	filter    relay.Filter
}

func (s storm) run(t *testing.T) *world {
	w := newWorld(nil)
	sky := &weather{random: rand.New(rand.NewPCG(s.seed, 0)), bad: s.bad}
	ctx, stop := context.WithCancel(t.Context())
	ending := make(chan struct{})
	var running sync.WaitGroup
	for i := range s.processes {
		running.Go(func() { s.live(ctx, w, sky, i, ending) })
	}
	for range s.events {
		w.log.add(fmt.Sprintf("t%d:s%d", sky.below(3), sky.below(s.sessions)))
		after(time.Duration(sky.below(300)) * time.Millisecond)
	}
	close(ending)
	sky.clear()
	for range 100 {
		after(time.Minute)
		w.desk.replay()
		if len(s.complete(w)) == 0 {
			break
		}
	}
	stop()
	running.Wait()
	return w
}

// live is the processes that run one after the other on one machine.
func (s storm) live(ctx context.Context, w *world, sky *weather, machine int, ending <-chan struct{}) {
	for life := 0; ctx.Err() == nil; life++ {
		p := &process{desk: w.desk, target: w.target, weather: sky, dead: make(chan struct{})}
		feed := w.feed(fmt.Sprint(machine, "-", life))
		feed.Groups, feed.Filter = p, s.filter
		run := (&relay.ToBroker{Feed: feed, Connect: reached(p)}).Run
		if s.receiver {
			run = (&relay.ToReceiver{Feed: feed, Receiver: p, Deferred: p, Waits: []time.Duration{time.Second, 4 * time.Second}}).Run
		}
		lifetime, end := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if err := run(lifetime); err != nil {
				w.target.mu.Lock()
				w.target.has = append(w.target.has, -1) // it must not end
				w.target.mu.Unlock()
			}
		}()
		eventlog.Wait(ctx, ending, time.Duration(sky.below(40_000))*time.Millisecond)
		select {
		case <-ending: // the last one lives
			<-ctx.Done()
		default:
		}
		if s.deaths && ctx.Err() == nil && sky.below(2) == 0 {
			close(p.dead)
		}
		end()
		<-ended
	}
}

// complete returns what is wrong with what a target has.
func (s storm) complete(w *world) (faults []string) {
	missing := []int64{}
	got := w.target.got()
	events, _ := w.log.ReadAll(context.Background(), 0, s.events)
	for _, e := range events {
		if (len(s.filter.Types) == 0 || slices.Contains(s.filter.Types, e.Type)) != slices.Contains(got, e.Position) {
			missing = append(missing, e.Position)
		}
	}
	if len(missing) > 0 {
		faults = append(faults, fmt.Sprintf("missing, or sent against the filter: %v", missing))
	}
	for _, positions := range w.target.disordered() {
		faults = append(faults, fmt.Sprintf("a session came in the order %v", positions))
	}
	if at := w.desk.At(); at != w.log.head() || len(w.desk.rows()) > 0 {
		faults = append(faults, fmt.Sprintf("the place is %d of %d with %d deferred", at, w.log.head(), len(w.desk.rows())))
	}
	if slices.Contains(got, -1) {
		faults = append(faults, "a relay ended with an error")
	}
	if twice := len(got) - len(events); s.bad == 0 && !s.deaths && twice > 0 {
		faults = append(faults, fmt.Sprintf("%d were sent twice although nothing failed", twice))
	}
	return faults
}

func TestWhateverFailsNothingIsLostAndSessionsStayInOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := storm{
			seed: rapid.Uint64().Draw(rt, "seed"), receiver: rapid.Bool().Draw(rt, "receiver"),
			sessions: rapid.IntRange(1, 12).Draw(rt, "sessions"), events: rapid.IntRange(1, 150).Draw(rt, "events"),
			bad:    rapid.SampledFrom([]float64{0, 0.02, 0.2, 0.5}).Draw(rt, "bad"),
			deaths: rapid.Bool().Draw(rt, "deaths"), processes: rapid.IntRange(1, 3).Draw(rt, "processes"),
			filter: rapid.SampledFrom([]relay.Filter{{}, {Types: []string{"t1"}}, {Types: []string{"t1", "t2"}}}).Draw(rt, "filter"),
		}
		var faults []string
		synctest.Test(t, func(t *testing.T) {
			faults = s.complete(s.run(t))
		})
		if len(faults) > 0 {
			rt.Fatalf("%+v: %v", s, faults)
		}
	})
}
