package sqlstore

import (
	"sync"

	"dossier/application/eventlog"
)

// The tail keeps this many events and bytes of their text at least, and twice
// as much at most: a second or two of the fastest ingest.
const (
	tailEvents = 8192
	tailBytes  = 16 << 20
)

// tail keeps the events that this process committed last, so that readers who
// keep up need not ask the database for what it was told a moment ago. Events
// never change, so what it has is right for as long as the writer's connection
// stays; then it is cleared, for a failover may have replaced the history.
type tail struct {
	mu     sync.RWMutex
	events []*eventlog.Recorded // positions without holes
	bytes  int
}

// add appends the events of a committed batch. Another process may have written
// before it: then the tail starts anew.
func (t *tail) add(events []*eventlog.Recorded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := len(t.events); n > 0 && t.events[n-1].Position+1 != events[0].Position {
		t.events, t.bytes = nil, 0
	}
	for _, e := range events {
		t.bytes += size(e)
	}
	t.events = append(t.events, events...)
	if len(t.events) > 2*tailEvents || t.bytes > 2*tailBytes {
		t.trim()
	}
}

// clear forgets everything: another history may have begun.
func (t *tail) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events, t.bytes = nil, 0
}

// trim forgets the oldest events, into a new slice: readers may hold the old
// one.
func (t *tail) trim() {
	first, bytes := len(t.events), 0
	for first > 0 && len(t.events)-first < tailEvents && bytes < tailBytes {
		first--
		bytes += size(t.events[first])
	}
	kept := make([]*eventlog.Recorded, len(t.events)-first, 2*tailEvents)
	copy(kept, t.events[first:])
	t.events, t.bytes = kept, bytes
}

func size(e *eventlog.Recorded) int { return len(e.Data) + len(e.Metadata) }

// after returns up to limit events after a position; ok is false if the tail
// does not hold the next one.
func (t *tail) after(position int64, limit int) (events []eventlog.Recorded, ok bool) {
	return cut(t.held(), position, limit)
}

// behind is after for a place, whose event must be held, too.
func (t *tail) behind(at eventlog.Place, limit int) (events []eventlog.Recorded, ok bool) {
	held := t.held()
	if len(held) == 0 || at.Position < held[0].Position || at.Position >= held[len(held)-1].Position ||
		held[at.Position-held[0].Position].EventID != at.EventID {
		return nil, false
	}
	return cut(held, at.Position, limit)
}

func (t *tail) held() []*eventlog.Recorded {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.events
}

// cut returns up to limit of the events after a position, if there are any.
func cut(held []*eventlog.Recorded, position int64, limit int) (events []eventlog.Recorded, ok bool) {
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
