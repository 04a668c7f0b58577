package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// oneSession is a configuration with one session, and a transport without a
// network.
func oneSession(transport http.RoundTripper) Config {
	return Config{URL: fakeURL, Sessions: 1, Seed: 51, Concurrency: 1, Client: &http.Client{Transport: transport}}
}

func TestWhatMayHealIsTriedAgain(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
				if n < 2 {
					return status, nil, "busy"
				}
				return http.StatusOK, nil, `{"outcome":"applied"}`
			}}
			summary, err := Run(t.Context(), oneSession(server))
			if err != nil || summary.Failed != 0 || summary.Retries != 2 || summary.Statuses[status] != 2 {
				t.Fatalf("error %v, summary %+v", err, summary)
			}
			seen := server.seen()
			for i, r := range seen[:3] {
				if r.relay("eventid") != seen[0].relay("eventid") || r.body != seen[0].body ||
					r.header.Get("Idempotency-Key") != seen[0].relay("eventid") ||
					r.relay("attempt-count") != fmt.Sprint(i+1) {
					t.Errorf("attempt %d is not the same delivery: %v", i+1, r.header)
				}
			}
			if got := seen[1].relay("attempt-trigger"); got != triggerAutomatic {
				t.Errorf("the second attempt has trigger %s", got)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	for name, header := range map[string]func() string{
		"seconds": func() string { return "7" },
		"a date":  func() string { return time.Now().Add(7 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var times []time.Time
				server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
					times = append(times, time.Now())
					if n == 0 {
						return http.StatusServiceUnavailable, http.Header{"Retry-After": {header()}}, ""
					}
					return http.StatusOK, nil, `{"outcome":"applied"}`
				}}
				if _, err := Run(t.Context(), oneSession(server)); err != nil {
					t.Fatal(err)
				}
				if waited := times[1].Sub(times[0]); waited < 7*time.Second || waited > 8*time.Second {
					t.Errorf("waited %v, want 7 s and a little", waited)
				}
			})
		})
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := roundTripper(func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("dial tcp: connection refused by " + r.URL.String())
		})
		begun := time.Now()
		summary, err := Run(t.Context(), oneSession(down))
		if !errors.Is(err, ErrNoneAccepted) || summary.Attempts != maxAttempts || summary.Statuses[0] != maxAttempts {
			t.Errorf("error %v, summary %+v", err, summary)
		}
		if text := fmt.Sprint(err, summary); strings.Contains(text, testSecret) || !strings.Contains(text, "refused by "+redactedSecret) {
			t.Errorf("wrong text: %s", text)
		}
		if took := time.Since(begun); took < 2*time.Second || took > 15*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
}

// TestAnInterruptedAnswerIsTriedAgain: what the server stored is then there
// already, and the delivery id tells it so.
func TestAnInterruptedAnswerIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &receiver{}
		calls := 0
		cut := roundTripper(func(r *http.Request) (*http.Response, error) {
			response, err := server.RoundTrip(r)
			if calls++; calls == 1 {
				response.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"out`), brokenReader{}))
			}
			return response, err
		})
		summary, err := Run(t.Context(), oneSession(cut))
		if err != nil || summary.Retries != 1 || summary.FirstError != "read the answer: unexpected EOF" {
			t.Errorf("error %v, summary %+v", err, summary)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestACancelledWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := &receiver{answer: func(int, received) (int, http.Header, string) {
			return http.StatusServiceUnavailable, http.Header{"Retry-After": {"60"}}, ""
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		summary, err := Run(ctx, oneSession(busy))
		if err == nil || time.Since(begun) != time.Second || summary.Attempts != 1 || summary.Deliveries != 0 {
			t.Errorf("after %v: error %v, summary %+v", time.Since(begun), err, summary)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{"", "0", "1", "-1", "99999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT", "soon"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if d := retryAfter(header, time.Unix(0, 0)); d < 0 || d > maxRetryAfter {
			t.Errorf("%q is %v", header, d)
		}
	})
}

func TestPausesGrowAndAreBounded(t *testing.T) {
	for try := 1; try < maxAttempts; try++ {
		full := min(firstBackoff<<(try-1), maxBackoff)
		if d := pause(try, 0); d < full/2 || d > full {
			t.Errorf("after try %d: %v", try, d)
		}
	}
}
