package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

func conflictCases() []Case {
	return []Case{
		{"a known delivery id with other bytes is a conflict", conflict},
		{"a conflict within one transaction is seen", conflictAtOnce},
		{"a delivery id belongs to its app", otherApp},
		{"a conflict that was stored is a duplicate when it comes again", conflictAgain},
	}
}

// telling is a delivery whose note says whether it was a conflict.
func telling(app, session, id, bytes string) eventlog.Request {
	return delivered(id, bytes, decided(app, session, func(h eventlog.Head) ([]kyc.Event, error) {
		return []kyc.Event{note(fmt.Sprintf("%s: conflict %t", bytes, h.Conflict))}, nil
	}))
}

func conflict(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	return errors.Join(
		appendAll(ctx, stores[0], telling("default", "a", "evt_1", "one"), telling("default", "a", "evt_1", "two")),
		appendAll(ctx, stores[1], telling("default", "b", "evt_1", "three"), telling("default", "a", "evt_2", "one")),
		says(ctx, stores[0], "one: conflict false", "two: conflict true", "three: conflict true", "one: conflict false"))
}

func conflictAtOnce(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	appends, err := s.together(ctx,
		telling("default", "a", "evt_1", "one"), telling("default", "a", "evt_1", "two"), telling("default", "a", "evt_1", "one"))
	if err != nil {
		return err
	}
	return errors.Join(answered(appends[0], 2, 1, 2), answered(appends[1], 3, 2, 3),
		same("third", appends[2].receipt, eventlog.Receipt{Duplicate: true, Position: 2, Version: 1, Last: 2}),
		says(ctx, s, "first", "one: conflict false", "two: conflict true"))
}

func otherApp(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		appendAll(ctx, s, telling("a", "s", "evt_1", "one"), telling("a-b", "s", "evt_1", "one"), telling("b", "s", "evt_1", "two")),
		says(ctx, s, "one: conflict false", "one: conflict false", "two: conflict false"))
}

func conflictAgain(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	one, two := telling("default", "a", "evt_1", "one"), telling("default", "a", "evt_1", "two")
	first, err := s.Append(ctx, one)
	if err != nil {
		return err
	}
	second, err := s.Append(ctx, two)
	return errors.Join(err,
		isDuplicate(ctx, s, two, second), isDuplicate(ctx, s, one, first), isDuplicate(ctx, s, two, second),
		says(ctx, s, "one: conflict false", "two: conflict true"))
}
