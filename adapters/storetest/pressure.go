package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
)

func pressureCases() []Case {
	return []Case{
		{"a full queue refuses at once and writes nothing of what it refused", fullQueue},
		{"a shutdown writes what was accepted and refuses the rest", shutdown},
		{"a store that was shut down refuses at once", shutDown},
	}
}

// moreThanQueued is above the bound of any queue that bounds anything.
const moreThanQueued = 100_000

// fullQueue queues appends behind a frozen one until the store refuses.
func fullQueue(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if _, err := s.freeze(ctx, write("default", "first", "first")); err != nil {
		return err
	}
	defer s.gate.open()
	accepted, err := fillQueue(ctx, s)
	if err != nil {
		return err
	}
	s.gate.open()
	for i, f := range accepted {
		if _, err := f.wait(ctx); err != nil {
			return fmt.Errorf("append %d, which was accepted: %w", i, err)
		}
	}
	events, err := s.ReadAll(ctx, 0, moreThanQueued)
	if err != nil {
		return err
	}
	for _, e := range events {
		err = errors.Join(err, holds(text(e) != "refused", "what was refused is at position %d", e.Position))
	}
	return errors.Join(err, sound(events),
		holds(len(events) == 1+len(accepted), "%d appends were accepted, the log has %d events", 1+len(accepted), len(events)))
}

// fillQueue returns the appends that were accepted before the first refusal.
func fillQueue(ctx context.Context, s *running) (accepted []*inFlight, err error) {
	for i := range moreThanQueued {
		f, err := s.start(ctx, write("default", fmt.Sprint(i%100), "accepted"))
		if err != nil {
			return nil, err
		}
		if !f.isAnswered() {
			accepted = append(accepted, f)
			continue
		}
		_, again := s.Append(ctx, write("default", "a", "refused"))
		return accepted, errors.Join(fails("an append to a full queue", f.err, eventlog.ErrBusy),
			fails("another", again, eventlog.ErrBusy))
	}
	return nil, fmt.Errorf("%d appends were accepted while none could be written", moreThanQueued)
}

// shutdown ends Run while one append is frozen and others wait behind it.
func shutdown(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	frozen, err := s.freeze(ctx, write("default", "a", "frozen"))
	if err != nil {
		return err
	}
	defer s.gate.open()
	wanted := []string{"frozen"}
	accepted := []*inFlight{frozen}
	for i := range 10 {
		wanted = append(wanted, fmt.Sprint(i))
		f, err := s.start(ctx, write("default", "a", fmt.Sprint(i)))
		if err != nil {
			return err
		}
		accepted = append(accepted, f)
	}
	s.stop()
	s.gate.open()
	for i, f := range accepted {
		if _, err := f.wait(ctx); err != nil {
			return fmt.Errorf("append %d, which was accepted: %w", i, err)
		}
	}
	select {
	case <-s.ended:
	case <-ctx.Done():
		return fmt.Errorf("the store does not end: %w", ctx.Err())
	}
	_, err = s.Append(ctx, write("default", "a", "late"))
	return errors.Join(fails("an append after the end", err, eventlog.ErrClosed), s.err, says(ctx, s, wanted...))
}

func shutDown(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, stores[0], write("default", "a", "1")); err != nil {
		return err
	}
	if err := stores[0].shut(); err != nil {
		return err
	}
	_, err = stores[0].Append(ctx, write("default", "a", "late"))
	return errors.Join(fails("an append to a closed store", err, eventlog.ErrClosed),
		stores[0].Close(), // again
		appendAll(ctx, stores[1], write("default", "a", "2")), says(ctx, stores[1], "1", "2"))
}
