package query

import (
	"context"
	"sync"

	"dossier/application/eventlog"
)

// The edge keeps this many events and bytes of their text at least, and twice as
// much at most.
const (
	edgeEvents = 4096
	edgeBytes  = 8 << 20
)

// edge is the newest end of the log, read once for all who follow it.
type edge struct {
	stop  context.CancelFunc
	grown eventlog.Broadcast

	mu     sync.RWMutex
	broken bool // the log was cut back: what is above is of another history
	head   int64
	events []eventlog.Recorded // up to head, without holes
	bytes  int
}

// run reads what comes until ctx ends. A log that can't be read now is read
// later.
func (e *edge) run(ctx context.Context, log eventlog.Reader, grown eventlog.Signal) {
	defer e.stop()
	began := historiesOf(log)
	for ctx.Err() == nil {
		changed := grown.Changed() // before reading, so that no growth is missed
		if historiesOf(log) != began {
			e.end()
			return
		}
		events, err := log.ReadAll(ctx, e.position(), edgePage)
		switch {
		case err != nil:
			eventlog.Wait(ctx, nil, edgeRecheck)
		case len(events) == 0:
			eventlog.Wait(ctx, changed, edgeRecheck)
		default:
			e.add(events)
			e.grown.Notify()
		}
	}
}

// rewritten is what a log may implement that can be cut back, as by a failover.
type rewritten interface {
	// Histories counts how often that was found out.
	Histories() int64
}

func historiesOf(log eventlog.Reader) int64 {
	if r, ok := log.(rewritten); ok {
		return r.Histories()
	}
	return 0
}

// end ends all who follow: their places may be of a history that is no more.
func (e *edge) end() {
	e.mu.Lock()
	e.broken = true
	e.mu.Unlock()
	e.grown.Notify()
}

func (e *edge) isBroken() bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.broken
}

func (e *edge) position() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.head
}

func (e *edge) add(events []eventlog.Recorded) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range events {
		e.bytes += textOf(&events[i])
	}
	e.events = append(e.events, events...)
	e.head = events[len(events)-1].Position
	if len(e.events) > 2*edgeEvents || e.bytes > 2*edgeBytes {
		e.trim()
	}
}

// trim forgets the oldest events, into a new slice: followers may hold the old
// one.
func (e *edge) trim() {
	first, bytes := len(e.events), 0
	for first > 0 && len(e.events)-first < edgeEvents && bytes < edgeBytes {
		first--
		bytes += textOf(&e.events[first])
	}
	e.events, e.bytes = append([]eventlog.Recorded(nil), e.events[first:]...), bytes
}

func textOf(e *eventlog.Recorded) int { return len(e.Data) + len(e.Metadata) }

// after returns up to limit events after a position, none if the edge does not
// hold the next one, and the head.
func (e *edge) after(position int64, limit int) ([]eventlog.Recorded, int64) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if len(e.events) == 0 || position+1 < e.events[0].Position || position >= e.head {
		return nil, e.head
	}
	held := e.events[position+1-e.events[0].Position:]
	n := min(limit, len(held))
	return held[:n:n], e.head
}
