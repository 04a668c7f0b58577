package synaps

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// script answers with one handler after another, and with the last for ever.
type script struct {
	steps []http.HandlerFunc
	asked []time.Time
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, time.Now())
	step := s.steps[min(len(s.asked), len(s.steps))-1]
	step(w, r)
}

// gaps returns the times between the questions.
func (s *script) gaps() (all []time.Duration) {
	for i := 1; i < len(s.asked); i++ {
		all = append(all, s.asked[i].Sub(s.asked[i-1]))
	}
	return all
}

func fails(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
	}
}

func fine() http.HandlerFunc { return answering(http.StatusOK, asJSON, overview(approved)) }

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name   string
		steps  []http.HandlerFunc
		jitter float64
		tries  int
		took   time.Duration
		status int // 0: it was answered in the end
	}{
		{"at once", []http.HandlerFunc{fine()}, 0, 1, 0, 0},
		{"twice", []http.HandlerFunc{fails(500, ""), fails(502, ""), fine()}, 0, 3, 750 * time.Millisecond, 0},
		{"twice, with jitter", []http.HandlerFunc{fails(500, ""), fails(429, ""), fine()}, 0.5, 3, 1125 * time.Millisecond, 0},
		{"to the end", []http.HandlerFunc{fails(503, "")}, 0, 4, 1750 * time.Millisecond, 503},
		{"when it is wanted", []http.HandlerFunc{fails(429, "7"), fine()}, 0, 2, 7250 * time.Millisecond, 0},
		{"as late as allowed", []http.HandlerFunc{fails(503, "60"), fine()}, 0, 2, 60250 * time.Millisecond, 0},
		{"not later", []http.HandlerFunc{fails(429, "61"), fine()}, 0, 1, 0, 429},
		{"at a time", []http.HandlerFunc{fails(503, "Sat, 01 Jan 2000 00:00:09 GMT"), fine()}, 0, 2, 9250 * time.Millisecond, 0},
		{"when it asks for nothing", []http.HandlerFunc{fails(503, "x"), fails(503, "-1"), fine()}, 0, 3, 750 * time.Millisecond, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &script{steps: c.steps}
				began := time.Now()
				_, err := ask(t, unplugged(t, api.ServeHTTP, func(config *Config) { config.Jitter = func() float64 { return c.jitter } }))
				u, failed := errors.AsType[*reconcile.Unavailable](err)
				if failed != (c.status != 0) || failed && u.Status != c.status {
					t.Error(err)
				}
				if took := time.Since(began); len(api.asked) != c.tries || took != c.took {
					t.Errorf("%d tries took %v: %v", len(api.asked), took, api.gaps())
				}
			})
		})
	}
}

func TestWhatDoesNotPassIsNotTriedAgain(t *testing.T) {
	for _, step := range []http.HandlerFunc{
		fails(401, "1"), fails(400, "1"), answering(http.StatusOK, asJSON, "x"), answering(http.StatusNotFound, asJSON, "x"), fails(302, "1"),
	} {
		api := &script{steps: []http.HandlerFunc{step, fine()}}
		if _, err := ask(t, unplugged(t, api.ServeHTTP)); err == nil || len(api.asked) != 1 {
			t.Errorf("%d tries: %v", len(api.asked), err)
		}
	}
}

func TestALongRetryAfterIsPassedOn(t *testing.T) {
	for header, want := range map[string]time.Duration{"90": 90 * time.Second, "99999999999999999999": time.Hour} {
		_, err := ask(t, unplugged(t, fails(429, header)))
		if u, ok := errors.AsType[*reconcile.Unavailable](err); !ok || u.RetryAfter != want || u.Status != 429 {
			t.Errorf("%s: %v", header, err)
		}
	}
}

// While the API is down nobody waits in vain, and nobody is kept from trying.
func TestAfterACallInVainOthersTryOnceUntilOneIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away, meanwhile := true, func() {}
		api := &script{steps: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			meanwhile()
			if away {
				fails(503, "")(w, r)
				return
			}
			fine()(w, r)
		}}}
		c := unplugged(t, api.ServeHTTP)
		tries := func(c *Client) int {
			before := len(api.asked)
			_, _ = ask(t, c)
			return len(api.asked) - before
		}
		for i, want := range []int{4, 1, 1} {
			if got := tries(c); got != want {
				t.Errorf("call %d tried %d times, want %d", i, got, want)
			}
		}
		if got := tries(c.Slow()); got != 1 {
			t.Errorf("what is slow tried %d times", got)
		}
		interrupted, stop := context.WithCancel(t.Context())
		meanwhile = stop
		if _, err := c.Overview(interrupted, kyc.DefaultApp, session, kyc.KindUnknown); err == nil || !c.down.Load() {
			t.Errorf("an interrupted call is taken for one that was answered: %v", err)
		}
		away = false
		if got := tries(c); got != 1 {
			t.Errorf("%d tries of what is answered", got)
		}
		away = true
		if got := tries(c); got != 4 {
			t.Errorf("%d tries after it was answered", got)
		}
	})
}

func TestACallEndsWithItsContext(t *testing.T) {
	overview := func(ctx context.Context, c *Client) error {
		_, err := c.Overview(ctx, kyc.DefaultApp, session, kyc.KindUnknown)
		return err
	}
	for name, status := range map[string]int{"limited": 429, "down": 503} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &script{steps: []http.HandlerFunc{fails(status, "10")}}
				c := unplugged(t, api.ServeHTTP)
				began := time.Now()
				// It can't come back in time: that is told at once.
				hurried, stop := context.WithTimeout(t.Context(), 5*time.Second)
				defer stop()
				if err := overview(hurried, c); !errors.Is(err, reconcile.ErrUnavailable) || len(api.asked) != 1 || time.Since(began) != 0 {
					t.Errorf("%d tries in %v: %v", len(api.asked), time.Since(began), err)
				}
				// It is told to stop while it waits.
				waiting, stop := context.WithCancel(t.Context())
				time.AfterFunc(3*time.Second, stop)
				if err := overview(waiting, c); !errors.Is(err, context.Canceled) || len(api.asked) != 2 || time.Since(began) != 3*time.Second {
					t.Errorf("%d tries in %v: %v", len(api.asked), time.Since(began), err)
				}
				if c.down.Load() {
					t.Error("nobody tried to the end")
				}
			})
		})
	}
}
