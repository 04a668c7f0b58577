package consumer

import (
	"sync"
	"time"
)

// Hold is a claim as another process finds it.
type Hold struct {
	Holder string
	Claims int64         // how often the group was claimed, renewals included
	Lease  time.Duration // for how long each time
}

// Watch finds claims that nobody renews by how long this process has seen them
// stand still. No clock of another process has a say in it: one that was ahead
// when its process died would keep the group for as long as it was ahead. The
// zero value is ready, and safe for concurrent use.
type Watch struct {
	mu   sync.Mutex
	seen map[ID]sighting
}

type sighting struct {
	hold  Hold
	since time.Time // with the monotonic reading, which steps of a clock don't move
}

// Over says of the claim that a group has now whether it stood still for longer
// than its lease. It does not before the second call.
func (w *Watch) Over(id ID, h Hold) bool { return w.over(id, h, time.Now()) }

func (w *Watch) over(id ID, h Hold, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if last, ok := w.seen[id]; ok && last.hold == h {
		return now.Sub(last.since) > h.Lease
	}
	if w.seen == nil {
		w.seen = map[ID]sighting{}
	}
	w.seen[id] = sighting{h, now}
	return false
}
