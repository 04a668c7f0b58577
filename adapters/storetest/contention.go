package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func contentionCases() []Case {
	return []Case{
		{"twenty writers on one stream decide one after the other", oneStream},
		{"of twenty rulings on one flag exactly one wins", oneRuling},
	}
}

// writers is how many contend.
const writers = 20

// oneStream lets writers of two stores wait for one frozen append, so that they
// really contend: each decision must see all the events before its own.
func oneStream(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	if _, err := stores[0].freeze(ctx, write("default", "a", "after 0")); err != nil {
		return err
	}
	defer stores[0].gate.open()
	tell := decided("default", "a", func(h eventlog.Head) ([]kyc.Event, error) {
		seen := h.Session.Version()
		return []kyc.Event{note(fmt.Sprint("after ", seen)), note(fmt.Sprint("after ", seen+1))}, nil
	})
	appends := make([]*inFlight, writers)
	for i := range appends {
		if appends[i], err = stores[i%2].start(ctx, tell); err != nil {
			return err
		}
	}
	if err := env.settle(ctx, appends[1:2]); err != nil { // of the store that is not frozen
		return err
	}
	stores[0].gate.open()
	taken := map[int64]bool{}
	for _, f := range appends {
		receipt, err := f.wait(ctx)
		if err != nil {
			return err
		}
		taken[receipt.Version] = true
	}
	wanted := make([]string, 1+2*writers)
	for i := range wanted {
		wanted[i] = fmt.Sprint("after ", i)
	}
	return errors.Join(says(ctx, stores[1], wanted...),
		holds(len(taken) == writers, "%d writers were told %d versions", writers, len(taken)))
}

// watched announces each append by the context that the store waits on, where
// a command uses its context for more than that.
type watched struct {
	log     eventlog.Appender
	waiting context.Context
}

// Append implements eventlog.Appender.
func (w watched) Append(_ context.Context, r eventlog.Request) (eventlog.Receipt, error) {
	return w.log.Append(w.waiting, r)
}

func oneRuling(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	flag, err := stores[0].Append(ctx, receive("default", "a", approval()))
	if err != nil {
		return err
	}
	// Now both stores may remember that the flag is open.
	if err := appendAll(ctx, stores[1], write("default", "a", "noted")); err != nil {
		return err
	}
	if _, err := stores[0].freeze(ctx, write("default", "b", "frozen")); err != nil {
		return err
	}
	defer stores[0].gate.open()
	appends := make([]*inFlight, writers)
	for i := range appends {
		ruling := kyc.Ruling{Flag: flag.Position, Accept: i%3 == 0, By: fmt.Sprint("reviewer ", i), Note: "seen"}
		if appends[i], err = startRuling(ctx, stores[i%2], ruling); err != nil {
			return err
		}
	}
	stores[0].gate.open()
	won := 0
	for i, f := range appends {
		switch _, err := f.wait(ctx); {
		case err == nil:
			won++
		case !errors.Is(err, kyc.ErrFlagNotOpen):
			return fmt.Errorf("ruling %d: %w, wanted %w", i, err, kyc.ErrFlagNotOpen)
		}
	}
	return errors.Join(holds(won == 1, "%d rulings won, wanted 1", won), resolvedOnce(ctx, stores[1], flag.Position))
}

func startRuling(ctx context.Context, s *running, ruling kyc.Ruling) (*inFlight, error) {
	return begin(ctx, func(waiting context.Context) (eventlog.Receipt, error) {
		resolve := command.NewResolveFlag(watched{s, waiting}, s, kyc.NewMachine(), kyc.RuleBook{})
		return resolve.Handle(ctx, ruling)
	})
}

func resolvedOnce(ctx context.Context, log eventlog.Reader, flag int64) error {
	events, err := history(ctx, log)
	times := 0
	for _, e := range events {
		if resolved, ok := e.Event.(kyc.FlagResolved); ok && resolved.Flag == flag {
			times++
		}
	}
	return errors.Join(err, holds(times == 1, "the flag was resolved %d times", times))
}
