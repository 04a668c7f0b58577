package storetest

import (
	"context"
	"errors"
	"fmt"
)

func immutableCases() []Case {
	return []Case{{"what would change the log or take from it is refused", attacked}}
}

func attacked(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := appendAll(ctx, s, write("default", "a", "1", "2"), write("default", "b", "3")); err != nil {
		return err
	}
	before, err := history(ctx, s)
	if err != nil {
		return err
	}
	for _, attack := range env.backend.Attacks {
		err = errors.Join(err, holds(env.db.Exec(ctx, attack) != nil, "not refused: %s", attack))
		after, failed := history(ctx, s)
		err = errors.Join(err, failed, same(fmt.Sprintf("the log after %q", attack), after, before))
	}
	return errors.Join(err, holds(len(env.backend.Attacks) > 0, "no attack is known"),
		appendAll(ctx, s, write("default", "a", "4")), says(ctx, s, "1", "2", "3", "4"))
}
