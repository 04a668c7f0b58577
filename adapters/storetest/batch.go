package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func batchCases() []Case {
	return []Case{
		{"what fails does not disturb the appends beside it", failsAlone},
		{"appends of one transaction see each other", seeEachOther},
		{"queued appends are written in their order", inOrder},
	}
}

func failsAlone(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	broken := write("default", "a", "never")
	broken.Decide = func(eventlog.Head) ([]kyc.Event, error) {
		return []kyc.Event{note("never"), note("bad \x00 text")}, nil
	}
	appends, err := s.together(ctx,
		write("default", "a", "1"), refusing("a"), write("default", "b", "2", "3"), panicking("a"),
		write("default", "a"), broken, request("default", "a", unknown{}), write("default", "a", "4"))
	if err != nil {
		return err
	}
	return errors.Join(
		answered(appends[0], 2, 1, 2), fails("refusing", appends[1].err, errRefused),
		answered(appends[2], 3, 1, 4), hidesPanic(appends[3].receipt, appends[3].err),
		answered(appends[4], 0, 0, 0), fails("unstorable", appends[5].err, eventlog.ErrUnstorable),
		holds(appends[6].err != nil, "an unknown event was stored"), answered(appends[7], 5, 2, 5),
		says(ctx, s, "first", "1", "2", "3", "4"))
}

// answered checks an append that succeeded.
func answered(f *inFlight, position, version, last int64) error {
	return errors.Join(f.err,
		same("receipt", f.receipt, eventlog.Receipt{Position: position, Version: version, Last: last}))
}

// seeEachOther decides a whole life of a session within one transaction.
func seeEachOther(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	dismissed := decided("default", "a", func(h eventlog.Head) ([]kyc.Event, error) {
		flags := h.Session.State().Flags
		if len(flags) != 1 {
			return nil, fmt.Errorf("%d flags are open, wanted 1", len(flags))
		}
		ruling := kyc.Ruling{Flag: flags[0].Position, By: "alice", Note: "known"}
		return kyc.Decider{Machine: kyc.NewMachine()}.Resolve(h.Session, ruling)
	})
	appends, err := s.together(ctx, receive("default", "a", approval()), dismissed,
		receive("default", "a", submission()), receive("default", "a", approval()))
	if err != nil {
		return err
	}
	return errors.Join(answered(appends[0], 2, 1, 2), answered(appends[1], 3, 2, 3),
		answered(appends[2], 4, 3, 4), answered(appends[3], 5, 4, 5),
		types(ctx, s, "kyc.webhook_discarded.v1", "kyc.transition_flagged.v1", "kyc.flag_resolved.v1",
			"kyc.status_changed.v1", "kyc.status_changed.v1"))
}

func inOrder(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	var requests []eventlog.Request
	wanted := []string{"first"}
	for i := range 50 {
		requests = append(requests, write("default", fmt.Sprint(i%7), fmt.Sprint(i)))
		wanted = append(wanted, fmt.Sprint(i))
	}
	appends, err := s.together(ctx, requests...)
	if err != nil {
		return err
	}
	for _, f := range appends {
		err = errors.Join(err, f.err)
	}
	return errors.Join(err, says(ctx, s, wanted...))
}
