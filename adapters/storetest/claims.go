package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/consumer"
)

// claimsAtOnce claims a group that does not exist, one that is free and one
// whose claim ran out.
func claimsAtOnce(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 4, 1)
	if err != nil {
		return err
	}
	for round := range 6 {
		name := func(i int) string { return fmt.Sprint(round, "-", i) }
		until := now.now().Add(time.Hour)
		results := atOnce(stores, 20, func(groups consumer.Store, i int) error {
			c := claim("a", name(i), consumer.Beginning())
			_, err := groups.Claim(ctx, c)
			return err
		})
		winner, err := oneWon(results, consumer.ErrHeld)
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		if round%2 == 0 {
			err = stores[0].Groups().Release(ctx, groupOf("a"), name(winner))
		}
		now.set(until.Add(time.Second))
		if err != nil {
			return err
		}
	}
	return nil
}

func claims(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 2, 1)
	if err != nil {
		return err
	}
	one, other := stores[0].Groups(), stores[1].Groups()
	renewed := claim("a", "a", consumer.Beginning())
	renewed.Lease = 3 * time.Hour
	later := claim("a", "b", consumer.Beginning())
	later.Lease = 9 * time.Hour
	err = errors.Join(
		claimed(ctx, one, claim("a", "a", consumer.Beginning()), 0),
		denied(ctx, one, later, consumer.ErrHeld),
		denied(ctx, other, later, consumer.ErrHeld),
		claimed(ctx, other, claim("b", "b", consumer.Beginning()), 0), // another group
		claimed(ctx, other, renewed, 0),
	)
	now.set(noon.Add(2 * time.Hour))
	err = errors.Join(err, denied(ctx, other, later, consumer.ErrHeld))
	now.set(noon.Add(3*time.Hour + time.Second))
	err = errors.Join(err,
		claimed(ctx, other, later, 0),
		denied(ctx, one, claim("a", "a", consumer.Beginning()), consumer.ErrHeld),
		one.Release(ctx, groupOf("a"), "a"), // not its holder any more
		denied(ctx, one, claim("a", "a", consumer.Beginning()), consumer.ErrHeld),
		one.Release(ctx, groupOf("a"), "b"),
		one.Release(ctx, groupOf("a"), "b"),
		one.Release(ctx, groupOf("none"), "b"),
	)
	again := later
	again.Holder = "a"
	return errors.Join(err, claimed(ctx, one, again, 0))
}

// standingClaims checks that a claim of a clock that was a day ahead is taken over
// when its lease is over, and not while its holder renews it.
func standingClaims(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 1, 1)
	if err != nil {
		return err
	}
	ahead, err := env.openAt(ctx, func() time.Time { return now.now().Add(24 * time.Hour) })
	if err != nil {
		return err
	}
	const lease = 200 * time.Millisecond
	holder, other := claim("a", "a", consumer.Beginning()), claim("a", "b", consumer.Beginning())
	holder.Lease = lease
	// Renewed between any two questions, it is never seen to stand still.
	for begun := time.Now(); err == nil && time.Since(begun) < 3*lease; {
		err = errors.Join(claimed(ctx, ahead.Groups(), holder, 0), denied(ctx, stores[0].Groups(), other, consumer.ErrHeld))
	}
	begun := time.Now()
	for err == nil {
		if _, err = stores[0].Groups().Claim(ctx, other); err == nil {
			break
		}
		if errors.Is(err, consumer.ErrHeld) {
			err = ctx.Err()
		}
	}
	return errors.Join(err, holds(time.Since(begun) > lease/2, "taken over after %s", time.Since(begun)))
}
