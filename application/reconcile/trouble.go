package reconcile

import (
	"context"
	"errors"
	"time"

	"dossier/application/command"
	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// fewSessions are how many sessions may fail in a row before their fault counts
	// as that of the whole API.
	fewSessions = 5
	firstPause  = time.Second
	mostPause   = time.Minute
	// mostRetryAfter bounds what the provider can ask for.
	mostRetryAfter = time.Hour

	tooManyRequests = 429 // of HTTP
)

// passing says that an error will pass, whichever session is asked for: the API,
// its budget or the database is away. Else it may be the session's own.
func passing(err error) bool {
	for _, cause := range []error{
		ErrUnavailable, context.DeadlineExceeded,
		eventlog.ErrUnavailable, eventlog.ErrBusy, eventlog.ErrOutcomeUnknown, eventlog.ErrNotReplicated, eventlog.ErrClosed,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// asksForTime says that the provider, or the budget, wants to be asked later.
func asksForTime(err error) bool {
	away, ok := errors.AsType[*Unavailable](err)
	return ok && (away.RetryAfter > 0 || away.Status == tooManyRequests)
}

// brake slows down while nothing succeeds: then one session is tried after each
// pause, and the pauses grow up to a minute. It is for one goroutine.
type brake struct {
	failures int // in a row
	until    time.Time
}

// on says whether it is on.
func (b *brake) on() bool { return !b.until.IsZero() }

// release notes a success, and returns whether the brake was on.
func (b *brake) release() (was bool) {
	was = b.on()
	*b = brake{}
	return was
}

// press notes a failure, and returns whether that put the brake on.
func (b *brake) press(err error, now time.Time, spread func(time.Duration) time.Duration) (first bool) {
	if errors.Is(err, command.ErrRestless) {
		return false // the API has answered
	}
	b.failures++
	n := b.failures
	if !passing(err) {
		n -= fewSessions
	}
	if n <= 0 {
		return false
	}
	first = !b.on()
	pause := spread(consumer.Backoff(firstPause, mostPause, n))
	if away, ok := errors.AsType[*Unavailable](err); ok {
		pause = max(pause, min(away.RetryAfter, mostRetryAfter))
	}
	b.until = later(b.until, now.Add(pause))
	return first
}
