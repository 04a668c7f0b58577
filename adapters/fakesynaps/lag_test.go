package fakesynaps_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/synaps"
	"dossier/application/command"
	"dossier/domain/kyc"
)

// settling is the bound of the lag in these tests.
const settling = kyc.DefaultProviderLag

// clock is a time of day that passes when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// watch asks a provider whose API lags for its sessions, between its webhooks and
// after them, and notes what that does to approvals.
type watch struct {
	tb       failer
	world    *world
	clock    *clock
	provider *fakesynaps.Provider
	sessions command.ReconcileSession
	rng      *rand.Rand
	again    map[kyc.SessionID]time.Time // when a session is to be asked for again
	seen     sights
	faults   []string
}

// sights count what a watch saw, so that it is known whether it saw anything.
type sights struct{ asked, deferred, given, taken, excused int }

// between is what happens between two webhooks: time passes, and sessions are
// asked for, those that are due and some others.
func (w *watch) between(pause time.Duration) {
	w.clock.pass(time.Duration(w.rng.Int64N(int64(pause) + 1)))
	for _, s := range w.provider.Truth() {
		if w.due(s.ID) || w.rng.IntN(8) == 0 {
			w.look(s)
		}
	}
}

func (w *watch) due(id kyc.SessionID) bool {
	at, waits := w.again[id]
	return waits && !at.After(w.clock.now())
}

// look asks for a session, and finds fault with what that does to an approval.
func (w *watch) look(s fakesynaps.Session) {
	before := w.world.fold(w.tb, s)
	done, err := w.sessions.Handle(context.Background(), streamOf(s), kyc.ReconciledBy)
	if err != nil {
		w.faults = append(w.faults, err.Error())
		return
	}
	delete(w.again, s.ID)
	if !done.AskAgain.IsZero() {
		w.again[s.ID] = done.AskAgain
	}
	w.seen.asked++
	if done.Contradicts != 0 {
		w.seen.deferred++
	}
	w.compare(s, before, w.world.fold(w.tb, s))
}

// compare looks at each track that a question approved, or took an approval from.
// The truth is read before what is untold: what happens between is excused.
func (w *watch) compare(s fakesynaps.Session, before, after kyc.State) {
	truth := w.provider.Truth()[s.Number]
	untold := w.provider.Untold()
	tracks := map[kyc.StepID]kyc.Status{"": truth.Status}
	for _, step := range truth.Steps {
		tracks[step.ID] = step.Status
	}
	for id, status := range tracks {
		was, is := trackOf(before, id) == kyc.Approved, trackOf(after, id) == kyc.Approved
		approves := func(c fakesynaps.Change) bool { return c.Trigger == kyc.ReportApproved }
		revokes := func(c fakesynaps.Change) bool {
			return c.Trigger != kyc.ReportApproved && c.Trigger != kyc.ReportPendingVerification
		}
		switch {
		case !was && is:
			w.seen.given++
			w.judge("gave an approval", status == kyc.Approved, s, id, untold, revokes)
		case was && !is:
			w.seen.taken++
			w.judge("took an approval away", status != kyc.Approved, s, id, untold, approves)
		}
	}
}

// judge excuses what is not true any more by a change of which no webhook told
// yet: nobody could know.
func (w *watch) judge(what string, right bool, s fakesynaps.Session, id kyc.StepID, untold []fakesynaps.Change, excuse func(fakesynaps.Change) bool) {
	if right {
		return
	}
	if !slices.ContainsFunc(untold, func(c fakesynaps.Change) bool { return c.Session == s.ID && c.Concerns(id) && excuse(c) }) {
		w.faults = append(w.faults, "a lag "+what)
		return
	}
	w.seen.excused++
}

func trackOf(state kyc.State, id kyc.StepID) kyc.Status {
	if id == "" {
		return state.Track.Status
	}
	for _, step := range state.Steps {
		if step.StepID == id {
			return step.Status
		}
	}
	return kyc.SubmissionRequired
}

// rest lets time pass until nothing is to be asked again, and bounds that.
func (w *watch) rest() {
	for range 100 {
		if len(w.again) == 0 {
			return
		}
		w.clock.pass(settling / 20)
		for _, s := range w.provider.Truth() {
			if w.due(s.ID) {
				w.look(s)
			}
		}
	}
	w.faults = append(w.faults, "it is asked again for ever")
}

// lags lets a provider live whose API lags, and returns what was seen and found
// wrong.
func lags(tb failer, w *world, c *clock, cfg fakesynaps.Config, pause, bound time.Duration) (sights, []string) {
	cfg.Concurrency, cfg.Now = 1, c.now
	p, url := w.begin(tb, cfg)
	sessions, end := w.reconciling(tb, p, w.app(), synaps.Config{})
	defer end()
	eye := &watch{
		tb: tb, world: w, clock: c, provider: p, sessions: sessions.Lagging(bound, c.now),
		rng: rand.New(rand.NewPCG(cfg.Seed, 9)), again: map[kyc.SessionID]time.Time{},
	}
	w.before = func() { eye.between(pause) }
	defer func() { w.before = nil }()
	if _, err := p.Live(tb.Context(), url); err != nil {
		tb.Fatal(err)
	}
	eye.rest()
	c.pass(settling)
	for _, s := range p.Truth() {
		eye.look(s)
	}
	for _, d := range w.differences(tb, p) {
		eye.faults = append(eye.faults, "at the end "+d.have+" instead of "+d.want)
	}
	if len(eye.again) > 0 {
		eye.faults = append(eye.faults, "an answer of a time at rest is asked again")
	}
	return eye.seen, eye.faults
}

// TestALagTakesNoApprovalAndGivesNone holds for any seed, any rates of faults of the
// webhooks, and any lag up to the bound. An approval is given that is none any more
// only if no webhook told yet of what revoked it, and is taken away that is one only
// if none told of it. After the lag every session is as the provider has it.
func TestALagTakesNoApprovalAndGivesNone(t *testing.T) {
	c := &clock{at: time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)}
	w, total := onSQLiteAt(t, c.now), sights{}
	begun := time.Now()
	rapid.Check(t, func(rt *rapid.T) {
		if time.Since(begun) > propertyTime {
			return
		}
		rate := func(name string) float64 {
			return rapid.OneOf(rapid.SampledFrom([]float64{0, 0, 0.1}), rapid.Float64Range(0, 1)).Draw(rt, name)
		}
		seen, faults := lags(rt, w, c, fakesynaps.Config{
			Seed: rapid.Uint64().Draw(rt, "seed"), Sessions: rapid.IntRange(1, 5).Draw(rt, "sessions"),
			Corporate: rate("corporate"), Loss: rate("loss"), Delay: rate("delay"), Duplicates: rate("duplicates"), Reorder: rate("reorder"),
			Lag: time.Duration(rapid.Int64Range(0, int64(settling)).Draw(rt, "lag")), LagVaries: rapid.Bool().Draw(rt, "varies"),
		}, time.Duration(rapid.Int64Range(0, int64(settling)).Draw(rt, "pause")), settling)
		if len(faults) > 0 {
			rt.Fatalf("%+v: %q", seen, faults)
		}
		total.add(seen)
	})
	t.Logf("%+v", total)
	if total.deferred == 0 || total.given == 0 {
		t.Errorf("too little was seen: %+v", total)
	}
}

func (s *sights) add(o sights) {
	s.asked, s.deferred, s.given = s.asked+o.asked, s.deferred+o.deferred, s.given+o.given
	s.taken, s.excused = s.taken+o.taken, s.excused+o.excused
}

// TestWithoutASettlingTimeALagDoesHarm shows that the property would see it, in both
// directions.
func TestWithoutASettlingTimeALagDoesHarm(t *testing.T) {
	c := &clock{at: time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)}
	w := onSQLiteAt(t, c.now)
	found := map[string]int{}
	for seed := uint64(1); seed <= 6; seed++ {
		_, faults := lags(t, w, c, fakesynaps.Config{Seed: seed, Sessions: 8, Lag: settling, LagVaries: true}, 5*time.Second, 0)
		for _, fault := range faults {
			found[fault]++
		}
	}
	t.Logf("%v", found)
	for _, fault := range []string{"a lag gave an approval", "a lag took an approval away"} {
		if found[fault] == 0 {
			t.Errorf("it was not seen that %s", fault)
		}
	}
}
