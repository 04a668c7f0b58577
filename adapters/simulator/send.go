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
	"strconv"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const (
	maxAttempts  = 8 // of one delivery; the relay makes up to 50, over days
	firstBackoff = 100 * time.Millisecond
	maxBackoff   = 5 * time.Second
	// maxRetryAfter is the longest Retry-After that is honoured in full: a
	// simulation shall not sleep for a day because a server says so.
	maxRetryAfter = time.Minute
	maxAnswer     = 64 << 10
)

// sender makes the attempts of one run.
type sender struct {
	client http.Client
	url    string
	redact redactor
	tally  *tally
	done   func(d Delivery, accepted bool)
}

// answer is what came back of one attempt.
type answer struct {
	status  int // 0: nothing came back
	outcome string
	after   time.Duration // Retry-After; 0 if there was none
	took    time.Duration
	fault   string // why the attempt failed, redacted; empty if it was accepted
}

func (a answer) accepted() bool { return a.status >= 200 && a.status < 300 }

// curable says that a later attempt may fare better.
func (a answer) curable() bool {
	return a.status == 0 || a.status == http.StatusTooManyRequests || a.status >= 500
}

// deliver sends a delivery until it is accepted, refused for good, or out of
// attempts. It returns ErrNoneAccepted if it was given up while no delivery of
// the run was ever accepted, and nil otherwise, also when ctx ended.
func (s *sender) deliver(ctx context.Context, d Delivery) error {
	for try := 1; ; try++ {
		a := s.attempt(ctx, d)
		if ctx.Err() != nil && !a.accepted() {
			return nil // cancelled: says nothing about the server
		}
		s.tally.attempted(a, try > 1)
		if a.accepted() {
			s.tally.accepted(d, a.outcome)
			s.done(d, true)
			return nil
		}
		if try == maxAttempts || !a.curable() {
			s.done(d, false)
			if s.tally.failed(d) {
				return fmt.Errorf("%w: %s", ErrNoneAccepted, a.fault)
			}
			return nil
		}
		if !eventlog.Pause(ctx, pause(try, a.after)) {
			return nil
		}
		d = d.Again()
	}
}

// attempt makes one request and reads the whole answer, so that the connection
// can be used again.
func (s *sender) attempt(ctx context.Context, d Delivery) answer {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(d.Body))
	if err != nil {
		return answer{fault: s.redact.text(err, d.sessionID)}
	}
	request.Header = d.Header()
	request.Header.Set("User-Agent", "dossier-simulator")
	// With an Idempotency-Key the transport would send a body that it can get
	// again a second time by itself, with an attempt count that is not true.
	request.GetBody = nil

	begun := time.Now()
	response, err := s.client.Do(request)
	if err != nil {
		return answer{fault: s.redact.text(err, d.sessionID)}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return answer{fault: s.redact.text(fmt.Errorf("read the answer: %w", err), d.sessionID)}
	}
	return s.read(response, text, time.Since(begun))
}

func (s *sender) read(response *http.Response, text []byte, took time.Duration) answer {
	a := answer{status: response.StatusCode, took: took}
	if a.accepted() {
		a.outcome = outcomeOf(text)
		return a
	}
	a.after = retryAfter(response.Header.Get("Retry-After"), time.Now())
	// Not a word of the answer's text: it may quote what we sent.
	a.fault = fmt.Sprintf("the server answered %d %s", a.status, http.StatusText(a.status))
	return a
}

// outcomeOf returns the outcome that an answer names. Foreign words are not
// passed on: they may be anything, and any number of different ones.
func outcomeOf(text []byte) string {
	var body struct {
		Outcome string `json:"outcome"`
	}
	if err := json.Unmarshal(text, &body); err != nil || body.Outcome == "" {
		return OutcomeNone
	}
	if outcome, ok := kyc.ParseOutcome(body.Outcome); ok {
		return outcome.String()
	}
	return OutcomeOther
}

// retryAfter reads the header in either of its forms, seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	} else if errors.Is(err, strconv.ErrRange) {
		return maxRetryAfter
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(now), 0), maxRetryAfter)
	}
	return 0
}

// pause returns how long to wait after a failed try, counted from 1: what the
// server asked for or twice as long as the last time, whichever is more, and
// some jitter, so that those who failed together do not come back together.
func pause(try int, after time.Duration) time.Duration {
	backoff := min(firstBackoff<<(try-1), maxBackoff) / 2
	return max(after, backoff) + rand.N(backoff)
}
