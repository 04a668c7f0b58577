package relay

import (
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// fewSessions are how many sessions may fail in a row before the receiver
	// counts as away.
	fewSessions = 5
	firstPause  = time.Second
	mostPause   = time.Minute
	// tellInterval is how seldom the log tells that messages are not accepted.
	tellInterval = 10 * time.Minute
)

// health is what a receiver's answers say of it.
type health struct {
	back eventlog.Broadcast // it accepted something after it had been away

	mu         sync.Mutex
	failures   int           // sessions that failed in a row
	pauses     int           // since it counts as away
	retryAfter time.Duration // the longest that it asked for since the last pause
	toldAt     time.Time     // that a message was not accepted
}

// accepted notes that it accepted a message, and returns whether it had counted
// as away.
func (h *health) accepted() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.failures > fewSessions
	h.failures, h.pauses, h.retryAfter = 0, 0, 0
	if was {
		h.back.Notify()
	}
	return was
}

// failed notes that a session failed, and returns whether the log should tell of
// it.
func (h *health) failed(f *Failure, now time.Time) (tell bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	h.retryAfter = max(h.retryAfter, min(f.RetryAfter, mostRetryAfter))
	if tell = h.toldAt.IsZero() || now.Sub(h.toldAt) >= tellInterval; tell {
		h.toldAt = now
	}
	return tell
}

func (h *health) away() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failures > fewSessions
}

// pause returns how long the relay pauses now, at least; first says that it is
// the first time since the receiver counts as away.
func (h *health) pause() (wait, least time.Duration, first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pauses++
	wait, least = consumer.Backoff(firstPause, mostPause, h.pauses), h.retryAfter
	h.retryAfter = 0
	return wait, least, h.pauses == 1
}
