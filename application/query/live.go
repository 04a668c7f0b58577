package query

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dossier/application/eventlog"
)

const (
	// edgePage is how many events the edge takes at once, and edgeRecheck how long
	// it trusts that a wake-up would have come.
	edgePage    = 512
	edgeRecheck = time.Second
)

// Live follows the log for any number of followers at once. Those who keep up
// share one reader, which runs while there are any: a thousand of them that wait
// cost what one costs, a look at the head each second. Those who are behind read
// for themselves. It is safe for concurrent use.
type Live struct {
	log   eventlog.Reader
	grown eventlog.Signal

	mu        sync.Mutex
	edge      *edge // nil while nobody follows
	followers int
}

// Live returns a way to follow the log. Those who follow by the same one share
// its reader.
func (r *Reads) Live() *Live { return &Live{log: r.log, grown: r.grown} }

// Follower is one who follows the log.
type Follower struct {
	live  *Live
	edge  *edge
	leave sync.Once
	// Head is the position of the last event when it began.
	Head int64
}

// Follow begins to follow. The follower must be closed.
func (l *Live) Follow(ctx context.Context) (*Follower, error) {
	head, err := l.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.followers++; l.followers == 1 || l.edge.isBroken() {
		// The edge outlives the call that began it.
		background, stop := context.WithCancel(context.WithoutCancel(ctx))
		l.edge = &edge{head: head, stop: stop}
		go l.edge.run(background, l.log, l.grown)
	}
	return &Follower{live: l, edge: l.edge, Head: head}, nil
}

// Close ends following. The last follower's ends the reading.
func (f *Follower) Close() {
	f.leave.Do(func() {
		f.live.mu.Lock()
		defer f.live.mu.Unlock()
		if f.live.followers--; f.live.followers == 0 {
			f.live.edge.stop()
			f.live.edge = nil
		}
	})
}

// Changed returns a channel that is closed when there is more to read than at
// the call.
func (f *Follower) Changed() <-chan struct{} { return f.edge.grown.Changed() }

// Next returns the events after a position that a filter picks, of the next ones
// up to a limit, and how far it looked: not at all if there is nothing new. The
// events are shared and must not be changed. It returns
// [eventlog.ErrOtherHistory] when the log was cut back: who follows must begin
// anew, at a position that there is.
func (f *Follower) Next(ctx context.Context, filter eventlog.Filter, after int64, limit int) ([]eventlog.Recorded, int64, error) {
	events, head := f.edge.after(after, limit)
	switch {
	case f.edge.isBroken():
		return nil, after, fmt.Errorf("behind position %d: %w", after, eventlog.ErrOtherHistory)
	case len(events) > 0:
		return picked(filter, events), events[len(events)-1].Position, nil
	case after >= head:
		return nil, after, nil
	case filter != (eventlog.Filter{}):
		return f.live.log.ReadFiltered(ctx, filter, after, limit)
	}
	events, err := f.live.log.ReadAll(ctx, after, limit)
	if err != nil || len(events) == 0 {
		return nil, after, err
	}
	return events, events[len(events)-1].Position, nil
}

// picked returns the events that a filter picks, and leaves the given ones as
// they are.
func picked(f eventlog.Filter, events []eventlog.Recorded) []eventlog.Recorded {
	if f == (eventlog.Filter{}) {
		return events
	}
	var picked []eventlog.Recorded
	for _, e := range events {
		if (f.App == "" || e.Stream.App == f.App) && (f.Type == "" || e.Type == f.Type) {
			picked = append(picked, e)
		}
	}
	return picked
}
