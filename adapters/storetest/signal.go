package storetest

import (
	"context"
	"fmt"

	"dossier/application/eventlog"
)

func signalCases() []Case {
	return []Case{
		{"an append wakes the readers of its store", wakesOwn},
		{"an append wakes the readers of other stores", wakesOthers},
	}
}

// wakesOwn follows the log by signals alone. A signal may come for nothing, but
// none may be missing.
func wakesOwn(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	for i := range int64(10) {
		changed, other := s.Changed(), s.Changed()
		f, err := s.start(ctx, write("default", "a", "1"))
		if err != nil {
			return err
		}
		if err := follow(ctx, s, i, changed, other); err != nil {
			return err
		}
		if _, err := f.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// follow waits for an event after a position, as readers do who were given two
// channels before it was appended.
func follow(ctx context.Context, s Store, after int64, changed, other <-chan struct{}) error {
	for {
		for _, woken := range []<-chan struct{}{changed, other} {
			select {
			case <-woken:
			case <-ctx.Done():
				return fmt.Errorf("a reader is not woken: %w", ctx.Err())
			}
		}
		changed, other = s.Changed(), s.Changed()
		events, err := s.ReadAll(ctx, after, 10)
		if err != nil || len(events) > 0 {
			return err
		}
	}
}

// wakesOthers appends until the other store hears of it: it may not listen yet.
func wakesOthers(ctx context.Context, env *Env) error {
	if !env.backend.Wakes {
		return fmt.Errorf("that stores wake each other %w", ErrNotApplicable)
	}
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	for _, pair := range [][2]*running{{stores[0], stores[1]}, {stores[1], stores[0]}} {
		if err := wakes(ctx, pair[0], pair[1]); err != nil {
			return err
		}
	}
	return nil
}

func wakes(ctx context.Context, writer eventlog.Appender, reader eventlog.Signal) error {
	for changed := reader.Changed(); ; {
		select {
		case <-changed:
			return nil
		default:
		}
		if err := appendAll(ctx, writer, write("default", "a", "1")); err != nil {
			return fmt.Errorf("until a reader is woken: %w", err)
		}
	}
}
