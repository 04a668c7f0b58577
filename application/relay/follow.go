package relay

import (
	"context"
	"fmt"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// pollInterval is how long a relay trusts that a wake-up would have come.
	pollInterval = time.Second
	// skipInterval is how seldom the place is moved over events that the filter
	// does not pick: to read them again costs little, to write for each much.
	skipInterval = time.Second
)

// page is a part of the log, as messages.
type page struct {
	messages []Message // that the filter picked
	through  int64     // the position up to which the log was read
	full     bool      // more follows
}

// follow sends page after page until ctx ends or send fails. What send sends, it
// settles: it moves the place.
func (f *Feed) follow(ctx context.Context, at *consumer.Place, send func(context.Context, *consumer.Place, page) error) error {
	ahead := newAhead(ctx, f)
	defer ahead.stop()
	for seen := at.Position(); ; {
		grown := f.Grown.Changed() // before reading, so that no wake-up is missed
		p, err := ahead.page(seen)
		if err != nil {
			return err
		}
		if p.full {
			ahead.read(p.through)
		}
		if len(p.messages) > 0 {
			err = send(ctx, at, p)
		} else {
			err = f.skip(ctx, at, p.through)
		}
		if err != nil {
			return err
		}
		if p.through == seen {
			eventlog.Wait(ctx, grown, pollInterval)
		}
		seen = p.through
	}
}

// skip moves the place over what the filter did not pick, from time to time.
func (f *Feed) skip(ctx context.Context, at *consumer.Place, through int64) error {
	if through == at.Position() || at.Since() < skipInterval {
		return nil
	}
	return at.Move(ctx, through)
}

// readPage reads the page after a position, and puts its events into their
// envelopes.
func (f *Feed) readPage(ctx context.Context, after int64) (p page, err error) {
	err = f.insist(ctx, "read the log", func(ctx context.Context) error {
		p, err = f.tryPage(ctx, after)
		return err
	})
	return p, err
}

func (f *Feed) tryPage(ctx context.Context, after int64) (page, error) {
	events, through, err := f.events(ctx, after)
	if err != nil {
		return page{}, err
	}
	p := page{through: through, full: len(events) == f.page()}
	for _, e := range events {
		if !f.Filter.picks(e) {
			continue
		}
		m, err := f.envelop(e)
		if err != nil {
			return page{}, err
		}
		p.messages = append(p.messages, m)
	}
	return p, nil
}

func (f *Feed) envelop(e eventlog.Recorded) (Message, error) {
	m, err := f.Envelope.Message(e)
	if err != nil {
		return m, fmt.Errorf("envelope of the event at position %d: %w", e.Position, err)
	}
	return m, nil
}

func (f *Feed) events(ctx context.Context, after int64) (events []eventlog.Recorded, through int64, err error) {
	if filter := f.Filter.inLog(); filter != (eventlog.Filter{}) {
		return f.Log.ReadFiltered(ctx, filter, after, f.page())
	}
	events, err = f.Log.ReadAll(ctx, after, f.page())
	if len(events) > 0 {
		after = events[len(events)-1].Position
	}
	return events, after, err
}

// ahead reads the page after the one that is being sent.
type ahead struct {
	feed    *Feed
	ctx     context.Context
	cancel  context.CancelFunc
	reading sync.WaitGroup
	next    chan readPage // nil while nothing is read
}

type readPage struct {
	page
	err error
}

// newAhead returns one that must be stopped.
func newAhead(ctx context.Context, f *Feed) *ahead {
	a := &ahead{feed: f}
	a.ctx, a.cancel = context.WithCancel(ctx)
	return a
}

// read begins to read the page after a position.
func (a *ahead) read(after int64) {
	next := make(chan readPage, 1)
	a.reading.Go(func() {
		p, err := a.feed.readPage(a.ctx, after)
		next <- readPage{p, err}
	})
	a.next = next
}

// page returns the page after a position: that which was read, if one was.
func (a *ahead) page(after int64) (page, error) {
	if a.next == nil {
		return a.feed.readPage(a.ctx, after)
	}
	p := <-a.next
	a.next = nil
	return p.page, p.err
}

func (a *ahead) stop() {
	a.cancel()
	a.reading.Wait()
}
