package replay

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"dossier/domain/kyc"
)

// worker folds the streams that fall to it.
type worker struct {
	decode   func(name, data string) (kyc.Event, error)
	rules    kyc.RuleBook
	count    count
	pages    chan []Row
	folding  sync.WaitGroup
	sessions map[string]*folded // by the key of the stream
}

// take queues a page.
func (w *worker) take(ctx context.Context, page []Row) error {
	select {
	case w.pages <- page:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run folds pages until there are no more, and then counts the sessions.
func (w *worker) run(ctx context.Context) error {
	for page := range w.pages {
		for _, r := range page {
			if err := w.fold(r); err != nil {
				return err
			}
		}
	}
	if ctx.Err() == nil {
		w.countSessions()
	}
	return nil
}

// folded is one session, with what the fold needs to know beside it.
type folded struct {
	session *kyc.Session
	last    int64      // the position of its last event
	open    []openFlag // with what the session does not keep of them
}

// fold applies one event to its session and counts it.
func (w *worker) fold(r Row) error {
	event, err := w.decode(r.Type, r.Data)
	if err != nil {
		return fmt.Errorf("event at position %d: %w", r.Position, err)
	}
	known, ok := w.sessions[r.Stream]
	if !ok {
		known = &folded{session: kyc.NewSession()}
		w.sessions[strings.Clone(r.Stream)] = known // the row's text may be a part of a larger one
	}
	if next := known.session.Version() + 1; r.Version != next {
		return fmt.Errorf("position %d has version %d of its stream, which is at %d: %w", r.Position, r.Version, next-1, ErrNotWhole)
	}
	known.session.Apply(event, r.mark())
	known.last = r.Position
	return w.count.event(known, r, event)
}

// countSessions counts how the sessions stand that have an event in the range.
func (w *worker) countSessions() {
	for key, known := range w.sessions {
		if known.last < w.count.from {
			continue
		}
		app, _, _ := strings.Cut(key, "/")
		w.count.session(known.session, w.rules.For(kyc.App(app)))
	}
}
