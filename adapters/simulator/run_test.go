package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRunSendsThePlan(t *testing.T) {
	server := &receiver{}
	cfg := faulty(100, 41)
	cfg.URL, cfg.Concurrency, cfg.SigningSecret = server.serve(t), 8, "signing"
	summary, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	classes, n := map[string]int{}, 0
	for d := range Plan(cfg) {
		classes[d.Class.String()]++
		n++
	}
	want := Summary{
		Sessions: 100, Deliveries: n, Accepted: n, Attempts: n, Classes: classes,
		Outcomes: map[string]int{"applied": n}, Statuses: map[int]int{200: n},
		ByClass: summary.ByClass, Elapsed: summary.Elapsed, Latency: summary.Latency,
	}
	if diff := cmp.Diff(want, summary); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
	if l := summary.Latency; l.P50 <= 0 || l.P50 > l.P95 || l.P95 > l.P99 || l.P99 > l.Max || l.Max > summary.Elapsed {
		t.Errorf("latency %+v in %v", l, summary.Elapsed)
	}
}

// TestASessionsOrderIsKept under concurrency, with answers that take their time
// and some that ask to come again.
func TestASessionsOrderIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
			if n > 0 && n%7 == 0 {
				return http.StatusServiceUnavailable, nil, ""
			}
			return http.StatusOK, nil, `{"outcome":"applied"}`
		}}
		cfg := faulty(40, 42)
		cfg.Concurrency = 16
		slow := &slowly{inner: server}
		cfg.Client = &http.Client{Transport: slow}
		if _, err := Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{}
		for d := range Plan(cfg) {
			want[d.sessionID] = append(want[d.sessionID], d.EventID)
		}
		if !cmp.Equal(want, slow.accepted) {
			t.Error("a session's deliveries came in another order")
		}
		if slow.most > 16 || slow.most < 8 {
			t.Errorf("%d webhooks at once, want at most 16, and not far less", slow.most)
		}
	})
}

// slowly takes up to 50 ms for an answer, and keeps the ids of what was
// accepted.
type slowly struct {
	inner http.RoundTripper

	mu             sync.Mutex
	inFlight, most int
	accepted       map[string][]string
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.inFlight++
	s.most = max(s.most, s.inFlight)
	s.mu.Unlock()
	var b parsed
	text, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	<-time.After(rand.N(50 * time.Millisecond))
	response, err := s.inner.RoundTrip(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if s.accepted == nil {
		s.accepted = map[string][]string{}
	}
	if response.StatusCode == http.StatusOK {
		s.accepted[b.SessionID] = append(s.accepted[b.SessionID], r.Header.Get("Idempotency-Key"))
	}
	return response, err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestSessionsGoOutConcurrently(t *testing.T) {
	const together = 4
	var waiting atomic.Int64
	gate := make(chan struct{})
	server := &receiver{}
	cfg := Config{URL: fakeURL, Sessions: 50, Seed: 43, Concurrency: together}
	cfg.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		if waiting.Add(1) == together {
			close(gate)
		}
		<-gate // opens only if as many as allowed are under way
		return server.RoundTrip(r)
	})}
	if _, err := Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

func TestOutcomesAreCounted(t *testing.T) {
	answers := []string{
		`{"outcome":"applied"}`, `{"outcome":"repeated"}`, `{"outcome":"flagged"}`, `{"outcome":"discarded"}`,
		`{"outcome":"duplicate"}`, `{"outcome":"the id of a session"}`, `{}`, `not JSON`, ``,
	}
	server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
		return http.StatusOK, nil, answers[n%len(answers)]
	}}
	cfg := Config{URL: fakeURL, Sessions: 50, Seed: 44, Client: &http.Client{Transport: server}}
	summary, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range []string{"applied", "repeated", "flagged", "discarded", "duplicate", OutcomeOther, OutcomeNone} {
		if summary.Outcomes[name] == 0 {
			t.Errorf("outcome %s was not counted", name)
		}
		total += summary.Outcomes[name]
	}
	if len(summary.Outcomes) != 7 || total != summary.Accepted || !cmp.Equal(summary.ByClass["normal"], summary.Outcomes) {
		t.Errorf("outcomes %v of %d accepted, by class %v", summary.Outcomes, summary.Accepted, summary.ByClass)
	}
}

func TestARefusalIsNotTriedAgain(t *testing.T) {
	server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
		if n > 0 && n%5 == 0 {
			return http.StatusRequestEntityTooLarge, nil, `{"type":"too-large"}`
		}
		return http.StatusOK, nil, `{"outcome":"applied"}`
	}}
	cfg := Config{URL: fakeURL, Sessions: 30, Seed: 45, Client: &http.Client{Transport: server}, Concurrency: 1}
	summary, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if summary.Failed == 0 || summary.Retries != 0 || summary.Failed != summary.Statuses[413] ||
		summary.Accepted+summary.Failed != summary.Deliveries || summary.Sessions != 30 {
		t.Errorf("summary %+v", summary)
	}
	if want := "the server answered 413 Request Entity Too Large"; summary.FirstError != want {
		t.Errorf("first error %q, want %q", summary.FirstError, want)
	}
}

func TestARunThatNobodyAcceptsEnds(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusNotFound, http.StatusTemporaryRedirect} {
		server := &receiver{answer: func(int, received) (int, http.Header, string) {
			return status, http.Header{"Location": {"/elsewhere"}}, "no " + testSecret
		}}
		cfg := Config{URL: fakeURL, Sessions: 10_000, Seed: 46, Concurrency: 2, Client: &http.Client{Transport: server}}
		summary, err := Run(t.Context(), cfg)
		if !errors.Is(err, ErrNoneAccepted) || !strings.Contains(err.Error(), fmt.Sprint(status)) {
			t.Errorf("%d: the error is %v", status, err)
		}
		if strings.Contains(fmt.Sprint(err, summary), testSecret) {
			t.Errorf("%d: the secret shows in %v, %+v", status, err, summary)
		}
		if summary.Attempts > 2 || summary.Accepted != 0 {
			t.Errorf("%d: summary %+v", status, summary)
		}
	}
}

func TestAWrongConfigurationSendsNothing(t *testing.T) {
	server := &receiver{}
	_, err := Run(t.Context(), Config{URL: fakeURL, Client: &http.Client{Transport: server}})
	if err == nil || len(server.seen()) != 0 {
		t.Errorf("error %v, %d requests", err, len(server.seen()))
	}
}

func TestACancelledRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	server := &receiver{answer: func(n int, _ received) (int, http.Header, string) {
		if n == 20 {
			cancel()
		}
		return http.StatusOK, nil, `{"outcome":"applied"}`
	}}
	cfg := faulty(1_000_000, 47)
	cfg.URL, cfg.Concurrency = server.serve(t), 4
	summary, err := Run(ctx, cfg)
	if !errors.Is(err, context.Canceled) || summary.Accepted == 0 || summary.Accepted > 100 || summary.Failed != 0 {
		t.Errorf("error %v, summary %+v", err, summary)
	}
}

func TestACancelledRequestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := Config{URL: fakeURL, Sessions: 9, Seed: 48}
	cfg.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		cancel()
		<-r.Context().Done()
		return nil, r.Context().Err()
	})}
	summary, err := Run(ctx, cfg)
	if !errors.Is(err, context.Canceled) || summary.FirstError != "" || summary.Failed != 0 {
		t.Errorf("error %v, summary %+v", err, summary)
	}
}
