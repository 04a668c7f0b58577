package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

func groupCases() []Case {
	return []Case{
		{"a group begins at the beginning, after a position or at the end", groupBegins},
		{"a group that begins or stands beyond the head is refused", groupBeyondHead},
		{"of many claims at once exactly one wins", claimsAtOnce},
		{"a claim is its holder's until it runs out or is released", claims},
		{"a claim that nobody renews runs out, whatever its holder's clock said", standingClaims},
		{"a group is moved by its holder from where it is", moves},
		{"of many moves at once from one position exactly one counts", movesAtOnce},
		{"a group that nobody holds is moved by hand", seeks},
		{"a generation lasts until a group is moved back by hand", generations},
		{"a group that nobody holds is deleted, and may begin again", deletes},
		{"groups are listed with how far they are behind", listsGroups},
	}
}

// groupOf names a group of the log.
func groupOf(name string) consumer.ID { return consumer.ID{Topic: eventlog.Topic, Name: name} }

// claim is one of a holder for an hour from noon, unless said otherwise.
func claim(name, holder string, start consumer.Start) consumer.Claim {
	return consumer.Claim{ID: groupOf(name), Holder: holder, Lease: time.Hour, Start: start}
}

// claimed checks a claim that is granted.
func claimed(ctx context.Context, groups consumer.Holds, c consumer.Claim, wanted int64) error {
	grant, err := groups.Claim(ctx, c)
	if err != nil {
		return fmt.Errorf("claim of %q by %s: %w", c.Name, c.Holder, err)
	}
	return holds(grant.Position == wanted, "%q was claimed at %d, wanted %d", c.Name, grant.Position, wanted)
}

// denied checks a claim that is not granted.
func denied(ctx context.Context, groups consumer.Holds, c consumer.Claim, wanted error) error {
	_, err := groups.Claim(ctx, c)
	return fails(fmt.Sprintf("claim of %q by %s", c.Name, c.Holder), err, wanted)
}

// shift is a move of a group.
func shift(name, holder string, from, to int64) consumer.Move {
	return consumer.Move{ID: groupOf(name), Holder: holder, From: from, To: to}
}

// atNoon opens stores with one clock that stands at noon, on a log of so many
// events.
func (e *Env) atNoon(ctx context.Context, stores, events int) (*clock, []*running, error) {
	now := newClock(noon)
	opened := make([]*running, stores)
	for i := range opened {
		var err error
		if opened[i], err = e.openAt(ctx, now.now); err != nil {
			return nil, nil, err
		}
	}
	for i := range events {
		if err := appendAll(ctx, opened[0], write("default", fmt.Sprint(i%3), "x")); err != nil {
			return nil, nil, err
		}
		now.set(noon.Add(time.Duration(i+1) * time.Minute))
	}
	now.set(noon)
	return now, opened, nil
}

func groupBegins(ctx context.Context, env *Env) error {
	_, stores, err := env.atNoon(ctx, 2, 5)
	if err != nil {
		return err
	}
	one, other := stores[0].Groups(), stores[1].Groups()
	return errors.Join(
		claimed(ctx, one, claim("first", "a", consumer.Beginning()), 0),
		claimed(ctx, one, claim("third", "a", consumer.After(3)), 3),
		claimed(ctx, one, claim("none", "a", consumer.After(0)), 0),
		claimed(ctx, one, claim("last", "a", consumer.After(5)), 5),
		claimed(ctx, one, claim("end", "a", consumer.End()), 5),
		one.Move(ctx, shift("first", "a", 0, 2)),
		// Once it exists, where it would begin does not matter.
		claimed(ctx, other, claim("first", "a", consumer.End()), 2),
		claimed(ctx, other, claim("end", "a", consumer.Beginning()), 5),
	)
}

func groupBeyondHead(ctx context.Context, env *Env) error {
	_, stores, err := env.atNoon(ctx, 1, 2)
	if err != nil {
		return err
	}
	groups := stores[0].Groups()
	err = errors.Join(
		denied(ctx, groups, claim("a", "a", consumer.After(3)), consumer.ErrBeyondHead),
		claimed(ctx, groups, claim("a", "a", consumer.After(2)), 2),
		// As after the restoration of an older log.
		groups.Move(ctx, shift("a", "a", 2, 7)),
		denied(ctx, groups, claim("a", "a", consumer.Beginning()), consumer.ErrBeyondHead),
	)
	_, seek := groups.Seek(ctx, groupOf("a"), 1) // nobody holds it: the claim was not granted
	return errors.Join(err, seek, claimed(ctx, groups, claim("a", "b", consumer.Beginning()), 1))
}

// atOnce does something from many sides of several stores at once and returns
// what came of each.
func atOnce(stores []*running, n int, do func(groups consumer.Store, i int) error) []error {
	results := make([]error, n)
	begin := make(chan struct{})
	var doing sync.WaitGroup
	for i := range results {
		groups := stores[i%len(stores)].Groups()
		doing.Go(func() {
			<-begin
			results[i] = do(groups, i)
		})
	}
	close(begin)
	doing.Wait()
	return results
}

// oneWon checks that of many exactly one had no error, and the others the wanted
// one. It returns the one.
func oneWon(results []error, wanted error) (winner int, err error) {
	wins := 0
	for i, result := range results {
		if result == nil {
			winner, wins = i, wins+1
			continue
		}
		err = errors.Join(err, fails("who lost", result, wanted))
	}
	return winner, errors.Join(err, holds(wins == 1, "%d of %d won, wanted one", wins, len(results)))
}

func moves(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 2, 9)
	if err != nil {
		return err
	}
	one, other := stores[0].Groups(), stores[1].Groups()
	lost := func(groups consumer.Holds, m consumer.Move) error {
		return fails(fmt.Sprintf("move of %q by %q from %d", m.Name, m.Holder, m.From), groups.Move(ctx, m), consumer.ErrLost)
	}
	err = errors.Join(
		lost(one, shift("a", "a", 0, 1)), // it does not exist
		claimed(ctx, one, claim("a", "a", consumer.Beginning()), 0),
		claimed(ctx, one, claim("b", "a", consumer.Beginning()), 0),
		one.Move(ctx, shift("a", "a", 0, 3)),
		other.Move(ctx, shift("a", "a", 3, 4)),
		lost(one, shift("a", "a", 0, 5)),
		lost(one, shift("a", "a", 5, 6)),
		lost(one, shift("a", "b", 4, 5)),
		lost(one, shift("a", "", 4, 5)),
	)
	// A claim that ran out is lost when another takes the group.
	now.set(noon.Add(2 * time.Hour))
	taken := claim("a", "b", consumer.Beginning())
	taken.Lease = 9 * time.Hour
	err = errors.Join(err, claimed(ctx, other, taken, 4), lost(one, shift("a", "a", 4, 5)), other.Move(ctx, shift("a", "b", 4, 5)))
	all, listed := one.Groups(ctx)
	err = errors.Join(err, listed, holds(len(all) == 2, "%d groups, wanted 2", len(all)))
	if err != nil {
		return err
	}
	return errors.Join(
		holds(all[0].Position == 5 && all[0].MovedAt.Equal(noon.Add(2*time.Hour)), "a is %+v, wanted it at 5, moved at two", all[0]),
		holds(all[1].Position == 0, "b is at %d, wanted 0", all[1].Position),
	)
}

func movesAtOnce(ctx context.Context, env *Env) error {
	_, stores, err := env.atNoon(ctx, 4, 1)
	if err != nil {
		return err
	}
	if err := claimed(ctx, stores[0].Groups(), claim("a", "a", consumer.Beginning()), 0); err != nil {
		return err
	}
	for round := range int64(5) {
		results := atOnce(stores, 12, func(groups consumer.Store, _ int) error {
			return groups.Move(ctx, shift("a", "a", round, round+1))
		})
		if _, err := oneWon(results, consumer.ErrLost); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	return nil
}

func seeks(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 1, 5)
	if err != nil {
		return err
	}
	groups := stores[0].Groups()
	refused := func(what string, name string, position int64, wanted error) error {
		_, err := groups.Seek(ctx, groupOf(name), position)
		return fails(what, err, wanted)
	}
	err = errors.Join(
		refused("an unknown group", "a", 1, consumer.ErrUnknownGroup),
		claimed(ctx, groups, claim("a", "a", consumer.After(2)), 2),
		claimed(ctx, groups, claim("b", "a", consumer.After(2)), 2),
		refused("a group that is held", "a", 1, consumer.ErrHeld),
		groups.Release(ctx, groupOf("a"), "a"),
		refused("a position beyond the head", "a", 6, consumer.ErrBeyondHead),
	)
	was, seek := groups.Seek(ctx, groupOf("a"), 5)
	err = errors.Join(err, seek, holds(was.ID == groupOf("a") && was.Position == 2, "it was %+v, wanted it at 2", was))
	now.set(noon.Add(2 * time.Hour))
	was, seek = groups.Seek(ctx, groupOf("b"), 0) // whose claim ran out
	err = errors.Join(err, seek, holds(was.Position == 2 && was.Holder == "a", "it was %+v, wanted it at 2 with its last holder", was))
	for name, position := range map[string]int64{"a": 5, "b": 0} {
		c := claim(name, "c", consumer.Beginning())
		err = errors.Join(err, claimed(ctx, groups, c, position))
	}
	return err
}

func deletes(ctx context.Context, env *Env) error {
	_, stores, err := env.atNoon(ctx, 1, 3)
	if err != nil {
		return err
	}
	groups := stores[0].Groups()
	refused := func(what string, wanted error) error {
		_, err := groups.Delete(ctx, groupOf("a"))
		return fails(what, err, wanted)
	}
	err = errors.Join(
		refused("an unknown group", consumer.ErrUnknownGroup),
		claimed(ctx, groups, claim("a", "a", consumer.After(2)), 2),
		claimed(ctx, groups, claim("b", "a", consumer.After(2)), 2),
		refused("a group that is held", consumer.ErrHeld),
		groups.Release(ctx, groupOf("a"), "a"),
	)
	was, failed := groups.Delete(ctx, groupOf("a"))
	all, listed := groups.Groups(ctx)
	return errors.Join(err, failed, listed,
		holds(was.ID == groupOf("a") && was.Position == 2, "it was %+v, wanted it at 2", was),
		holds(len(all) == 1 && all[0].Name == "b", "left are %+v, wanted b", all),
		refused("a group that was deleted", consumer.ErrUnknownGroup),
		claimed(ctx, groups, claim("a", "b", consumer.After(1)), 1),
	)
}

func listsGroups(ctx context.Context, env *Env) error {
	_, stores, err := env.atNoon(ctx, 2, 5)
	if err != nil {
		return err
	}
	groups := stores[0].Groups()
	none, err := groups.Groups(ctx)
	err = errors.Join(err, same("groups before there is one", none, []consumer.Group{}))
	var wanted []consumer.Group
	for _, g := range []struct {
		name     string
		position int64
		since    time.Time
	}{
		{"Z", 0, noon}, {"a", 4, noon.Add(4 * time.Minute)}, {"b.c", 5, time.Time{}},
		{consumer.RelayName("a"), 2, noon.Add(2 * time.Minute)},
	} {
		err = errors.Join(err, claimed(ctx, groups, claim(g.name, "me", consumer.After(g.position)), g.position))
		wanted = append(wanted, consumer.Group{
			ID: groupOf(g.name), Position: g.position, MovedAt: noon, Holder: "me", HeldUntil: noon.Add(time.Hour),
			Head: 5, Since: g.since,
		})
	}
	all, listed := stores[1].Groups().Groups(ctx)
	return errors.Join(err, listed, same("groups by name", all, wanted))
}

// generations checks that a new one begins where a person wants all once more,
// and only there.
func generations(ctx context.Context, env *Env) error {
	now, stores, err := env.atNoon(ctx, 2, 5)
	if err != nil {
		return err
	}
	one, other := stores[0].Groups(), stores[1].Groups()
	var last int64
	found := func(what string, groups consumer.Store, newer bool) error {
		grant, err := groups.Claim(ctx, claim("a", what, consumer.Beginning()))
		was := last
		last = grant.Generation
		return errors.Join(err, groups.Release(ctx, groupOf("a"), what),
			holds(grant.Generation >= was && newer == (grant.Generation > was), "%s the generation is %d, it was %d", what, grant.Generation, was))
	}
	seek := func(position int64) error { _, err := one.Seek(ctx, groupOf("a"), position); return err }
	err = errors.Join(found("at first", one, true), found("for another", other, false))
	now.set(noon.Add(time.Minute))
	err = errors.Join(err,
		seek(4), found("after a move forth", one, false),
		seek(4), found("after a move to the same place", one, false),
		seek(1), found("after a move back", other, true),
		seek(0), found("after another", one, true),
	)
	now.set(noon.Add(2 * time.Minute))
	_, deleted := one.Delete(ctx, groupOf("a"))
	return errors.Join(err, deleted, found("after a deletion", other, true))
}
