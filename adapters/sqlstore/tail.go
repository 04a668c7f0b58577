package sqlstore

import (
	"sync"

	"dossier/application/eventlog"
)

// tailSize is how many events the tail keeps: a second or two of the fastest
// ingest, a few megabytes.
const tailSize = 8192

// tail keeps the events that this process committed last, so that readers who
// keep up need not ask the database for what it was told a moment ago. Events
// never change, so what it has is always right; what it lacks is read.
type tail struct {
	mu     sync.RWMutex
	events []*eventlog.Recorded // positions without holes
}

// add appends the events of a committed batch. Another process may have written
// before it: then the tail starts anew.
func (t *tail) add(events []*eventlog.Recorded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.events); n > 0 && t.events[n-1].Position+1 != events[0].Position {
		t.events = nil
	}
	if len(t.events)+len(events) > 2*tailSize {
		// A new slice, for readers may hold the old one.
		keep := min(tailSize, len(t.events))
		t.events = append(make([]*eventlog.Recorded, 0, 2*tailSize), t.events[len(t.events)-keep:]...)
	}
	t.events = append(t.events, events...)
}

// after returns up to limit events after a position; ok is false if the tail
// does not hold the next one.
func (t *tail) after(position int64, limit int) (events []eventlog.Recorded, ok bool) {
	t.mu.RLock()
	held := t.events
	t.mu.RUnlock()
	if len(held) == 0 || position+1 < held[0].Position || position >= held[len(held)-1].Position {
		return nil, false
	}
	held = held[position+1-held[0].Position:]
	held = held[:min(limit, len(held))]
	events = make([]eventlog.Recorded, len(held))
	for i, e := range held {
		events[i] = *e
	}
	return events, true
}
