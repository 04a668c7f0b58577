package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"dossier/application/eventlog"
	"dossier/application/projection"
)

func raceCases() []Case {
	return []Case{
		{"runners in several stores fold each event exactly once", foldsOnce},
		{"of steps that start together exactly one runs", oneStep},
	}
}

// counting is a projection that counts how often each event is folded and
// committed.
type counting struct {
	mu     sync.Mutex
	counts map[int64]int
}

// Name implements projection.Projection.
func (*counting) Name() string { return projection.SessionsName }

// Version implements projection.Projection.
func (*counting) Version() string { return "counting" }

// Fold implements projection.Projection.
func (*counting) Fold(ctx context.Context, tx projection.Tx, events []eventlog.Recorded) error {
	return saving("a", events[len(events)-1].Position)(ctx, tx)
}

func (c *counting) folded(from, to int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for position := from + 1; position <= to; position++ {
		c.counts[position]++
	}
}

// counted is a store that tells the projection which steps were committed.
type counted struct {
	Store
	counter *counting
}

// Step implements projection.Store.
func (c counted) Step(ctx context.Context, s projection.Step, fn func(context.Context, projection.Tx) error) (bool, error) {
	moved, err := c.Store.Step(ctx, s, fn)
	if moved && err == nil {
		c.counter.folded(s.From, s.To)
	}
	return moved, err
}

func foldsOnce(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 3)
	if err != nil {
		return err
	}
	const events = 200
	for i := range events / 10 {
		many := make([]string, 10)
		if err := appendAll(ctx, stores[0], write("default", fmt.Sprint(i), many...)); err != nil {
			return err
		}
	}
	counter := &counting{counts: map[int64]int{}}
	failures := make([]error, len(stores))
	var runners sync.WaitGroup
	for i, s := range stores {
		runners.Go(func() { failures[i] = project(ctx, counted{s, counter}, counter, events, 3+i) })
	}
	runners.Wait()
	err = errors.Join(failures...)
	for position := int64(1); position <= events; position++ {
		err = errors.Join(err, holds(counter.counts[position] == 1, "event %d was folded %d times", position, counter.counts[position]))
	}
	return errors.Join(err, stands(ctx, stores[0], events, "a"))
}

// oneStep holds one step inside of its work until the others were started.
func oneStep(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 3)
	if err != nil {
		return err
	}
	if err := errors.Join(toFold(ctx, stores[0]), stores[0].Prepare(ctx, projection.SessionsName, "1")); err != nil {
		return err
	}
	inside, started := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	ran, moves := 0, 0
	work := func(ctx context.Context, tx projection.Tx) error {
		mu.Lock()
		ran++
		first := ran == 1
		mu.Unlock()
		if first {
			close(inside)
			<-started
		}
		return saving("a", 5)(ctx, tx)
	}
	failures := make([]error, len(stores))
	var steps sync.WaitGroup
	try := func(i int) {
		moved, err := stores[i].Step(ctx, move("1", 0, 5), work)
		mu.Lock()
		defer mu.Unlock()
		failures[i] = err
		if moved {
			moves++
		}
	}
	steps.Go(func() { try(0) })
	select {
	case <-inside:
	case <-ctx.Done():
		return ctx.Err()
	}
	for i := 1; i < len(stores); i++ {
		steps.Go(func() { try(i) })
	}
	close(started)
	steps.Wait()
	return errors.Join(errors.Join(failures...), holds(ran == 1 && moves == 1, "%d steps ran and %d moved", ran, moves),
		stands(ctx, stores[0], 5, "a"))
}
