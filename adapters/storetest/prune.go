package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"dossier/application/eventlog"
)

func pruneCases() []Case {
	return []Case{
		{"deliveries from before a time are forgotten, later ones are not", prune},
		{"deliveries are forgotten by age while the store runs", pruneByItself},
		{"a clock that is a year ahead forgets two hours of deliveries at a time", pruneByABadClock},
	}
}

// clock is a time of day that a case sets.
type clock struct{ at atomic.Pointer[time.Time] }

func newClock(at time.Time) *clock {
	c := &clock{}
	c.set(at)
	return c
}

func (c *clock) set(at time.Time) { c.at.Store(&at) }
func (c *clock) now() time.Time   { return *c.at.Load() }

// noon is when these cases start.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func prune(ctx context.Context, env *Env) error {
	now := newClock(noon)
	s, err := env.openAt(ctx, now.now)
	if err != nil {
		return err
	}
	var firsts []eventlog.Receipt
	for i := range 4 {
		now.set(noon.Add(time.Duration(i) * time.Hour))
		first, err := s.Append(ctx, telling("default", "a", fmt.Sprint("evt_", i), "one"))
		if err != nil {
			return err
		}
		firsts = append(firsts, first)
	}
	pruned, err := s.Prune(ctx, noon.Add(2*time.Hour)) // which is when the third came
	if err != nil {
		return err
	}
	return errors.Join(
		same("number forgotten", pruned, int64(2)),
		isDuplicate(ctx, s, telling("default", "a", "evt_2", "one"), firsts[2]),
		isDuplicate(ctx, s, telling("default", "a", "evt_3", "one"), firsts[3]),
		appendAll(ctx, s, telling("default", "a", "evt_0", "one"), telling("default", "a", "evt_1", "two")),
		says(ctx, s, "one: conflict false", "one: conflict false", "one: conflict false", "one: conflict false",
			"one: conflict false", "two: conflict false"))
}

// pruneByItself opens a store long after a delivery was stored. A store forgets
// in the background, so the delivery is sent until it is new.
func pruneByItself(ctx context.Context, env *Env) error {
	then, err := env.openAt(ctx, newClock(noon).now)
	if err != nil {
		return err
	}
	r := delivered("evt_1", "bytes", write("default", "a", "1"))
	if err := appendAll(ctx, then, r); err != nil {
		return err
	}
	now, err := env.openAt(ctx, newClock(noon.AddDate(1, 0, 0)).now)
	if err != nil {
		return err
	}
	for {
		receipt, err := now.Append(ctx, r)
		if err != nil || !receipt.Duplicate {
			return errors.Join(err, says(ctx, now, "1", "1"))
		}
	}
}

// pruneByABadClock sends the oldest delivery until it is new, and then the one that
// the store must not have forgotten with it.
func pruneByABadClock(ctx context.Context, env *Env) error {
	now := newClock(noon)
	then, err := env.openAt(ctx, now.now)
	if err != nil {
		return err
	}
	first, later := delivered("evt_1", "bytes", write("default", "a", "1")), delivered("evt_2", "bytes", write("default", "a", "2"))
	if err := appendAll(ctx, then, first); err != nil {
		return err
	}
	now.set(noon.Add(3 * time.Hour))
	kept, err := then.Append(ctx, later)
	if err != nil {
		return err
	}
	ahead, err := env.openAt(ctx, newClock(noon.AddDate(1, 0, 0)).now)
	if err != nil {
		return err
	}
	for duplicate := true; duplicate; {
		receipt, err := ahead.Append(ctx, first)
		if err != nil {
			return err
		}
		duplicate = receipt.Duplicate
	}
	return isDuplicate(ctx, ahead, later, kept)
}
