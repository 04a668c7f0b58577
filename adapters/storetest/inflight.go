package storetest

import (
	"context"
	"fmt"
	"sync"

	"dossier/application/eventlog"
)

// inFlight is an append that was started.
type inFlight struct {
	answered chan struct{} // closed with the answer
	receipt  eventlog.Receipt
	err      error
}

// start starts an append and returns when it waits for its batch, or was
// answered. Appends that are started one after the other queue in that order.
func (s *running) start(ctx context.Context, r eventlog.Request) (*inFlight, error) {
	return begin(ctx, func(ctx context.Context) (eventlog.Receipt, error) { return s.Append(ctx, r) })
}

// begin is start for whatever makes an append with the context that it is
// given, first of all.
func begin(ctx context.Context, appending func(context.Context) (eventlog.Receipt, error)) (*inFlight, error) {
	waiting := &arrival{Context: ctx, arrived: make(chan struct{})}
	f := &inFlight{answered: make(chan struct{})}
	go func() {
		defer close(f.answered)
		f.receipt, f.err = appending(waiting)
	}()
	select {
	case <-waiting.arrived:
	case <-f.answered:
	case <-ctx.Done():
		return nil, fmt.Errorf("an append neither queues nor is answered: %w", ctx.Err())
	}
	return f, nil
}

// wait returns the answer.
func (f *inFlight) wait(ctx context.Context) (eventlog.Receipt, error) {
	select {
	case <-f.answered:
		return f.receipt, f.err
	case <-ctx.Done():
		return eventlog.Receipt{}, fmt.Errorf("an append is not answered: %w", ctx.Err())
	}
}

// isAnswered says whether the answer is there.
func (f *inFlight) isAnswered() bool {
	select {
	case <-f.answered:
		return true
	default:
		return false
	}
}

// arrival is a context that notices when it is waited on: a store does so when
// it has queued the append and has nothing left to do for it.
type arrival struct {
	context.Context
	once    sync.Once
	arrived chan struct{}
}

// Done implements context.Context.
func (a *arrival) Done() <-chan struct{} {
	a.once.Do(func() { close(a.arrived) })
	return a.Context.Done()
}

// together appends requests in one transaction where the store knows how: they
// queue, in their order, behind an append that is frozen meanwhile. The frozen
// one writes one event to the stream default/first before them.
func (s *running) together(ctx context.Context, requests ...eventlog.Request) ([]*inFlight, error) {
	first, err := s.freeze(ctx, write("default", "first", "first"))
	if err != nil {
		return nil, err
	}
	defer s.gate.open()
	appends := make([]*inFlight, len(requests))
	for i, r := range requests {
		if appends[i], err = s.start(ctx, r); err != nil {
			return nil, err
		}
	}
	s.gate.open()
	for _, f := range appends {
		if _, err := f.wait(ctx); err != nil && !f.isAnswered() {
			return nil, err
		}
	}
	_, err = first.wait(ctx)
	return appends, err
}
