package query

import (
	"context"
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

// Follow begins to follow, for who stands at a place. The follower must be closed.
// It returns a *LostPlaceError if the log does not have the event of that place.
func (l *Live) Follow(ctx context.Context, at eventlog.Place) (*Follower, error) {
	head, err := l.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkPlace(ctx, l.log, at, head); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.followers++; l.followers == 1 || l.edge.isBroken() {
		// The edge outlives the call that began it.
		background, stop := context.WithCancel(context.WithoutCancel(ctx))
		l.edge = newEdge(head, stop)
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

// Next returns the events behind a place that a filter picks, of the next ones up
// to a limit, and how far it looked: not at all if there is nothing new. The events
// are shared and must not be changed. It returns [eventlog.ErrOtherHistory] when
// the log was cut back: who follows must begin anew, at a place that there is.
func (f *Follower) Next(ctx context.Context, filter eventlog.Filter, at eventlog.Place, limit int) ([]eventlog.Recorded, eventlog.Place, error) {
	events, head, err := f.edge.behind(at, limit)
	switch {
	case err != nil:
		return nil, at, err
	case len(events) > 0:
		return picked(filter, events), placeOf(events[len(events)-1]), nil
	case at.Position >= head:
		return nil, at, nil
	case filter != (eventlog.Filter{}):
		return f.nextFiltered(ctx, filter, at, limit)
	}
	events, err = f.live.log.ReadBehind(ctx, at, limit)
	if err != nil || len(events) == 0 {
		return nil, at, err
	}
	return events, placeOf(events[len(events)-1]), nil
}

// nextFiltered looks at the place after it has read: a history that was replaced
// before is noticed, and what was read of the one before is a part of both.
func (f *Follower) nextFiltered(ctx context.Context, filter eventlog.Filter, at eventlog.Place, limit int) ([]eventlog.Recorded, eventlog.Place, error) {
	events, through, err := f.live.log.ReadFiltered(ctx, filter, at.Position, limit)
	if err == nil && at.EventID != "" {
		_, err = f.live.log.ReadBehind(ctx, at, 0)
	}
	if err != nil {
		return nil, at, err
	}
	if n := len(events); n > 0 && events[n-1].Position == through {
		return events, placeOf(events[n-1]), nil
	}
	return events, eventlog.Place{Position: through}, nil
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
