package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func reopenCases() []Case {
	return []Case{
		{"a store that is opened again goes on where the log stands", reopened},
		{"two stores that take turns on a stream see each other's events", takeTurns},
	}
}

// standing is an append that tells where it found its stream.
func standing(session string) eventlog.Request {
	return decided("default", session, func(h eventlog.Head) ([]kyc.Event, error) {
		state := h.Session.State()
		return []kyc.Event{note(fmt.Sprintf("%d at %d", state.Version, state.Position))}, nil
	})
}

func reopened(ctx context.Context, env *Env) error {
	wanted := []string{"0 at 0"}
	for i := range 3 {
		s, err := env.open(ctx)
		if err != nil {
			return err
		}
		if err := appendAll(ctx, s, standing("a"), standing("a")); err != nil {
			return err
		}
		wanted = append(wanted, fmt.Sprintf("%d at %d", 2*i+1, 2*i+1), fmt.Sprintf("%d at %d", 2*i+2, 2*i+2))
		if err := errors.Join(says(ctx, s, wanted[:2*i+2]...), s.shut()); err != nil {
			return err
		}
	}
	return nil
}

// takeTurns would not notice a store that remembers a stream which another one
// has written to, unless both had written to it before.
func takeTurns(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	var wanted []string
	for i := range 12 {
		s := stores[i/3%2] // three in a row, so that a memory is used as well
		if err := appendAll(ctx, s, standing("a")); err != nil {
			return err
		}
		wanted = append(wanted, fmt.Sprintf("%d at %d", i, i))
	}
	return errors.Join(says(ctx, stores[0], wanted...), says(ctx, stores[1], wanted...))
}
