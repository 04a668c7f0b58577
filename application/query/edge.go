package query

import (
	"context"
	"errors"
	"fmt"
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
	broken bool                // the log was cut back: what is above is of another history
	head   eventlog.Place      // its id is not known at first
	before eventlog.Place      // the place that the events begin behind
	events []eventlog.Recorded // up to head, without holes
	bytes  int
}

// newEdge returns an edge that begins at the head of the log.
func newEdge(head int64, stop context.CancelFunc) *edge {
	at := eventlog.Place{Position: head}
	return &edge{head: at, before: at, stop: stop}
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
		events, err := e.read(ctx, log)
		switch {
		case errors.Is(err, eventlog.ErrOtherHistory):
			e.end()
			return
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

// read returns what comes behind the head, if that is still what it was: another
// process may have found out, and not this one.
func (e *edge) read(ctx context.Context, log eventlog.Reader) ([]eventlog.Recorded, error) {
	at := e.place()
	if at.EventID == "" && at.Position > 0 {
		last, err := log.ReadAll(ctx, at.Position-1, 1)
		if err != nil || len(last) == 0 {
			return nil, err
		}
		at = e.know(last[0].EventID)
	}
	return log.ReadBehind(ctx, at, edgePage)
}

// know makes known which event is at the head that the edge began with.
func (e *edge) know(id string) eventlog.Place {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.head.EventID = id
	e.before = e.head
	return e.head
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

func (e *edge) place() eventlog.Place {
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
	e.head = placeOf(events[len(events)-1])
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
	if first > 0 {
		e.before = placeOf(e.events[first-1])
	}
	e.events, e.bytes = append([]eventlog.Recorded(nil), e.events[first:]...), bytes
}

func placeOf(e eventlog.Recorded) eventlog.Place {
	return eventlog.Place{Position: e.Position, EventID: e.EventID}
}

func textOf(e *eventlog.Recorded) int { return len(e.Data) + len(e.Metadata) }

// behind returns up to limit events behind a place, none if the edge does not
// hold the next one, and the head. It returns ErrOtherHistory for a place that is
// not in the history that the edge follows.
func (e *edge) behind(at eventlog.Place, limit int) ([]eventlog.Recorded, int64, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.broken || at.EventID != "" && !e.mayHold(at) {
		return nil, e.head.Position, fmt.Errorf("behind position %d: %w", at.Position, eventlog.ErrOtherHistory)
	}
	if at.Position < e.before.Position || at.Position >= e.head.Position {
		return nil, e.head.Position, nil
	}
	held := e.events[at.Position-e.before.Position:]
	n := min(limit, len(held))
	return held[:n:n], e.head.Position, nil
}

// mayHold says that an event is at a place, as far as the edge knows.
func (e *edge) mayHold(at eventlog.Place) bool {
	known := ""
	switch i := at.Position - e.before.Position; {
	case i == 0:
		known = e.before.EventID
	case i > 0 && i <= int64(len(e.events)):
		known = e.events[i-1].EventID
	}
	return known == "" || known == at.EventID
}
