package reconcile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// storm is a log that grows while the provider fails and followers die.
type storm struct {
	seed             uint64
	sessions, events int
	bad              float64 // of the attempts, those that fail
	deaths           int
	lags             int // answers of each session that are to be asked for again
}

// run returns what is wrong when all has calmed down.
func (s storm) run(t *testing.T) (faults []string) {
	w := newWorld()
	w.desk.Put(0)
	w.provider.lags = s.lags
	r := rand.New(rand.NewPCG(s.seed, 1))
	w.provider.set(func(ctx context.Context, _ string) error {
		w.meter.mu.Lock() // the random numbers are for one goroutine
		bad, wait := r.Float64() < s.bad, time.Duration(1+r.IntN(4000))*time.Millisecond
		w.meter.mu.Unlock()
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
		if bad {
			return &reconcile.Unavailable{Status: 503, RetryAfter: time.Second}
		}
		return nil
	})
	own := rand.New(rand.NewPCG(s.seed, 2))
	for life := range s.deaths + 1 {
		stop := start(t, w.follower(fmt.Sprint(life)))
		for range s.events / (s.deaths + 1) {
			session := fmt.Sprint(own.IntN(s.sessions))
			if own.IntN(3) == 0 {
				w.log.add(session, kyc.StatusRepeated{}, `{"attempt":1}`)
			} else {
				w.log.flag(session)
			}
			after(time.Duration(own.IntN(3000)) * time.Millisecond)
		}
		if life < s.deaths {
			if err := stop(); err != nil {
				faults = append(faults, err.Error())
			}
		}
	}
	after(30 * time.Minute)
	return append(faults, s.left(w)...)
}

// left returns the doubts that no later attempt has settled, and whether the
// place is behind.
func (s storm) left(w *world) (faults []string) {
	snapshots := map[string]int64{}
	events, _ := w.log.ReadAll(context.Background(), 0, 1<<20)
	for _, e := range events {
		if shown, ok := e.Event.(kyc.SnapshotObserved); ok && shown.Applied() {
			snapshots[nameOf(e.Stream)] = e.Position
		}
	}
	for _, e := range events {
		if _, ok := e.Event.(kyc.TransitionFlagged); ok && snapshots[nameOf(e.Stream)] < e.Position {
			faults = append(faults, fmt.Sprintf("the flag at %d has no snapshot behind it", e.Position))
		}
	}
	if at := w.desk.At(); at != w.log.head() {
		faults = append(faults, fmt.Sprintf("the place is %d of %d", at, w.log.head()))
	}
	return faults
}

func TestWhateverFailsEveryDoubtIsSettled(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := storm{
			seed: rapid.Uint64().Draw(rt, "seed"), sessions: rapid.IntRange(1, 8).Draw(rt, "sessions"),
			events: rapid.IntRange(1, 100).Draw(rt, "events"), deaths: rapid.IntRange(0, 3).Draw(rt, "deaths"),
			lags: rapid.IntRange(0, 5).Draw(rt, "lags"),
			bad:  rapid.SampledFrom([]float64{0, 0.2, 0.7}).Draw(rt, "bad"),
		}
		var faults []string
		synctest.Test(t, func(t *testing.T) { faults = s.run(t) })
		if len(faults) > 0 {
			rt.Fatalf("%+v: %v", s, faults)
		}
	})
}
