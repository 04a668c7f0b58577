package synaps

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// times are those of requests, of all callers together.
type times struct {
	mu  sync.Mutex
	all []time.Time
}

func (s *times) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, time.Now())
}

// most returns how many there were in any one minute.
func (s *times) most() (most int) {
	from := 0
	for i, at := range s.all {
		for at.Sub(s.all[from]) >= time.Minute {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

// greedy takes as much as it gets, by so many callers, until ctx ends.
func greedy(ctx context.Context, wg *sync.WaitGroup, b *budget, callers int, slow bool, taken *times) {
	for range callers {
		wg.Go(func() {
			for ctx.Err() == nil {
				err := b.take(ctx, slow)
				if u, ok := errors.AsType[*reconcile.Unavailable](err); ok {
					_ = nap(ctx, u.RetryAfter)
				} else if err == nil {
					taken.add()
				}
			}
		})
	}
}

// during runs what is greedy for some minutes. The context has no deadline: who
// has one gives up before it.
func during(t *testing.T, minutes int, run func(context.Context, *sync.WaitGroup)) {
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(time.Duration(minutes)*time.Minute, stop)
	var wg sync.WaitGroup
	run(ctx, &wg)
	wg.Wait()
}

func TestNoMinuteHasMoreThanTheBudget(t *testing.T) {
	for _, perMinute := range []int{1, 2, 3, 10, 60, 500, 3000} {
		synctest.Test(t, func(t *testing.T) {
			b, everything := newBudget(perMinute), &times{}
			during(t, 10, func(ctx context.Context, wg *sync.WaitGroup) {
				greedy(ctx, wg, b, 5, false, everything)
				greedy(ctx, wg, b, 2, true, everything)
			})
			if len(everything.all) == 0 || everything.most() > perMinute {
				t.Errorf("of %d a minute has %d", perMinute, everything.most())
			}
			// Most of it can be used.
			if got, least := len(everything.all), float64(10*perMinute)*0.85; perMinute >= 10 && float64(got) < least {
				t.Errorf("of %d a minute %d were used in ten", perMinute, got)
			}
		})
	}
}

func TestWhatIsSlowUsesHalfOfTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(500)
		taken := &times{}
		during(t, 10, func(ctx context.Context, wg *sync.WaitGroup) { greedy(ctx, wg, b, 4, true, taken) })
		if n := taken.most(); n > 250 || n < 200 {
			t.Errorf("it used %d in a minute", n)
		}
	})
}

// Others find their part at once, also when what they use otherwise, and what is
// slow, are more than the budget together.
func TestWhatIsSlowHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, taken := newBudget(500), &times{}
		during(t, 5, func(ctx context.Context, wg *sync.WaitGroup) {
			greedy(ctx, wg, b, 50, true, taken)
			for second := range 240 {
				burst := 5
				if second%60 == 59 {
					burst = 20
				}
				for range burst {
					began := time.Now()
					if err := b.take(ctx, false); err != nil || time.Since(began) != 0 {
						t.Errorf("after %d s a request waited %v: %v", second, time.Since(began), err)
					}
				}
				_ = nap(ctx, time.Second)
			}
		})
		if n := len(taken.all); n < 5*100 {
			t.Errorf("what is slow got %d", n)
		}
	})
}

// It only takes what the others leave, and goes on when they do.
func TestWhatIsSlowYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, slow := newBudget(500), &times{}
		during(t, 4, func(ctx context.Context, wg *sync.WaitGroup) {
			busy, stop := context.WithCancel(ctx)
			time.AfterFunc(2*time.Minute, stop)
			greedy(busy, wg, b, 10, false, &times{})
			synctest.Wait()
			greedy(ctx, wg, b, 10, true, slow)
			<-busy.Done()
			slow.mu.Lock()
			if n := len(slow.all); n > 0 {
				t.Errorf("it got %d while the others wanted all", n)
			}
			slow.mu.Unlock()
		})
		if n := len(slow.all); n < 300 {
			t.Errorf("it got %d afterwards", n)
		}
	})
}

// Who would wait too long, or longer than its context lasts, is told at once, and
// leaves its place to others.
func TestNobodyWaitsInALineThatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(60) // 6 at once, then one in 1.11 s
		for range 6 {
			if err := b.take(t.Context(), false); err != nil {
				t.Fatal(err)
			}
		}
		hurried, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		began := time.Now()
		for range 3 {
			for _, slow := range []bool{false, true} {
				u, ok := errors.AsType[*reconcile.Unavailable](b.take(hurried, slow))
				if !ok || u.Status != 0 || !slow && u.RetryAfter != 2*time.Second || time.Since(began) != 0 {
					t.Errorf("slow %t: %v after %v", slow, u, time.Since(began))
				}
			}
		}
		var wg sync.WaitGroup
		refused := &times{}
		for range 60 {
			wg.Go(func() {
				if b.take(t.Context(), false) != nil {
					refused.add()
				}
			})
		}
		wg.Wait()
		if waited := time.Since(began); waited > maxWait+2*time.Second || len(refused.all) < 30 {
			t.Errorf("they waited %v, %d were refused", waited, len(refused.all))
		}
	})
}

func TestAPlaceInLineThatIsLeftIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(60)
		for range 6 {
			_ = b.take(t.Context(), false)
		}
		before := b.all.Tokens()
		for _, slow := range []bool{false, true} {
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Millisecond, stop)
			if err := b.take(ctx, slow); !errors.Is(err, context.Canceled) {
				t.Errorf("slow %t: %v", slow, err)
			}
		}
		if after := b.all.Tokens(); after < before || b.remaining() != 0 {
			t.Errorf("%f, then %f", before, after)
		}
	})
}

// A repetition costs what a question does, and one client's apps share.
func TestRepetitionsAndAppsShareTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, meter := &script{steps: nil}, &tally{}
		for i := range 1000 {
			step := fine()
			if i%3 > 0 {
				step = fails(500, "")
			}
			api.steps = append(api.steps, step)
		}
		c := unplugged(t, api.ServeHTTP, func(c *Config) {
			c.RequestsPerMinute, c.Meter, c.Keys["shop"] = 60, meter, secretKey
		})
		if c.Remaining() != 6 {
			t.Errorf("%d remain", c.Remaining())
		}
		for i := range 100 {
			app := []kyc.App{kyc.DefaultApp, "shop"}[i%2]
			if _, err := c.Overview(t.Context(), app, session, kyc.KindUnknown); err != nil {
				t.Fatal(err)
			}
		}
		all := times{all: api.asked}
		if n := all.most(); n > 60 || n < 50 {
			t.Errorf("a minute has %d", n)
		}
		calls := meter.calls["overview answered"] + meter.calls["overview unavailable"]
		if len(api.asked) != calls || meter.waits != calls || math.Abs(float64(calls)-298) > 2 {
			t.Errorf("%d requests, %d waits, metered %v", len(api.asked), meter.waits, meter.calls)
		}
	})
}
