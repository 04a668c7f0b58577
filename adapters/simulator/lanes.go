package simulator

import (
	"context"
	"sync"
	"time"
)

// job is a delivery and when it is due; the zero time says at once.
type job struct {
	Delivery
	due time.Time
}

// lanes hands deliveries to workers so that those of one session go one after
// another, while no worker waits for a session that another one is busy with.
type lanes struct {
	ready chan job      // deliveries whose session nobody is busy with
	room  chan struct{} // bounds all deliveries that were added and are not done

	mu   sync.Mutex
	busy map[int][]job // the sessions under way, and what waits behind them
}

func newLanes(size int) *lanes {
	return &lanes{ready: make(chan job, size), room: make(chan struct{}, size), busy: map[int][]job{}}
}

// add waits for room. It returns false, and adds nothing, once ctx is done.
func (l *lanes) add(ctx context.Context, j job) bool {
	select {
	case l.room <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting, busy := l.busy[j.Session]; busy {
		l.busy[j.Session] = append(waiting, j)
		return true
	}
	l.busy[j.Session] = nil
	l.ready <- j // never blocks: ready holds as many as there is room for
	return true
}

// done ends a session's delivery and returns the one that waited behind it.
func (l *lanes) done(session int) (next job, ok bool) {
	<-l.room
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.busy[session]
	if len(waiting) == 0 {
		delete(l.busy, session)
		return job{}, false
	}
	l.busy[session] = waiting[1:]
	return waiting[0], true
}

// close says that nothing more will be added. Workers finish what there is.
func (l *lanes) close() { close(l.ready) }

// work calls send for every delivery until the lanes are closed and empty.
func (l *lanes) work(send func(job)) {
	for j := range l.ready {
		for ok := true; ok; j, ok = l.done(j.Session) {
			send(j)
		}
	}
}
