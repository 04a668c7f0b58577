package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

func orderCases() []Case {
	return []Case{
		{"an empty log has nothing", emptyLog},
		{"a reader misses nothing while an append is frozen", frozenRace},
		{"a reader sees nothing of an append before its commit", frozenIsUnseen},
		{"positions and versions count from 1", countsFromOne},
	}
}

func emptyLog(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	return says(ctx, s)
}

// frozenRace is the race that an event store gets wrong once: one append has
// its position, but is not committed; later ones are; a reader that goes on
// after the last position which it saw must still see the first.
func frozenRace(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 3)
	if err != nil {
		return err
	}
	frozen, err := stores[0].freeze(ctx, write("default", "a", "frozen"))
	if err != nil {
		return err
	}
	defer stores[0].gate.open()
	var later []*inFlight
	for i := range 3 {
		f, err := stores[1].start(ctx, write("default", fmt.Sprint("b", i), "later"))
		if err != nil {
			return err
		}
		later = append(later, f)
	}
	if err := env.settle(ctx, later); err != nil {
		return err
	}
	reader := tail{log: stores[2]}
	if err := reader.catchUp(ctx); err != nil {
		return err
	}
	passed := len(reader.seen)
	stores[0].gate.open()
	for _, f := range append(later, frozen) {
		if _, err := f.wait(ctx); err != nil {
			return err
		}
	}
	if err := reader.catchUp(ctx); err != nil {
		return err
	}
	head, err := stores[2].Head(ctx)
	return errors.Join(err, sound(reader.seen),
		holds(len(reader.seen) == 4 && head == 4,
			"the reader saw %d of 4 events, %d of them while one was frozen, and the head is %d", len(reader.seen), passed, head))
}

// settle returns when each of the appends was answered, or has to wait for the
// frozen one: what can happen before it goes on has then happened. A store that
// lets them wait needs no answer of theirs, and one that does not can be caught.
func (e *Env) settle(ctx context.Context, appends []*inFlight) error {
	for {
		answered := true
		for _, f := range appends {
			answered = answered && f.isAnswered()
		}
		if answered {
			return nil
		}
		blocked, err := e.db.Blocked(ctx)
		if err != nil || blocked {
			return err
		}
		runtime.Gosched()
	}
}

func frozenIsUnseen(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	frozen, err := stores[0].freeze(ctx, write("default", "a", "frozen"))
	if err != nil {
		return err
	}
	defer stores[0].gate.open()
	for i, s := range stores {
		if err := says(ctx, s); err != nil {
			return fmt.Errorf("in store %d: %w", i, err)
		}
	}
	stores[0].gate.open()
	if _, err := frozen.wait(ctx); err != nil {
		return err
	}
	return errors.Join(says(ctx, stores[0], "frozen"), says(ctx, stores[1], "frozen"))
}

func countsFromOne(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for i, step := range []struct {
		session                 string
		texts                   []string
		position, version, last int64
	}{
		{"a", []string{"1"}, 1, 1, 1},
		{"b", []string{"2", "3", "4"}, 2, 1, 4},
		{"a", []string{"5", "6"}, 5, 2, 6},
		{"a", []string{"7"}, 7, 4, 7},
	} {
		receipt, err := s.Append(ctx, write("default", step.session, step.texts...))
		if err != nil {
			return err
		}
		got := []int64{receipt.Position, receipt.Version, receipt.Last}
		if err := same(fmt.Sprint("receipt ", i), got, []int64{step.position, step.version, step.last}); err != nil {
			return err
		}
	}
	return says(ctx, s, "1", "2", "3", "4", "5", "6", "7")
}
