package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func buildCases() []Case {
	return []Case{
		{"preparing another version begins a build and leaves the live tables", preparesAnew},
		{"until a build ends both versions step in the live tables", bothVersionsStep},
		{"a step of a build writes beside the live tables", buildsBeside},
		{"a swap puts the build into the place of the live tables", swaps},
		{"a swap folds what is missing and no position goes back", swapCatchesUp},
		{"a swap that fails changes nothing", swapFails},
		{"a build is gone on with by its version and dropped by another", buildOfAnother},
		{"a build of the live version begins without superseding any other", beginsOwn},
		{"each build has its number, so that nothing is taken for another's", buildNumbers},
		{"stores that build at once end with the fold of the log", buildsTogether},
	}
}

// noFold is for a swap that misses nothing.
func noFold(_ context.Context, _ projection.Tx, from, to int64) error {
	return fmt.Errorf("events after %d and up to %d are said to be missing", from, to)
}

// building is a step of a build.
func building(version string, from, to int64) projection.Step {
	return projection.Step{Name: projection.Beside(projection.SessionsName), Version: version, From: from, To: to}
}

// besideStands checks the checkpoint of a build, and whether there is one.
func besideStands(ctx context.Context, s Store, version string, checkpoint int64) error {
	position, err := s.Checkpoint(ctx, projection.Beside(projection.SessionsName))
	there, failed := s.Building(ctx, projection.SessionsName, version)
	return errors.Join(err, failed, same("checkpoint of the build", position, checkpoint),
		holds(there, "there is no build of version %s", version))
}

// noBuild checks that nothing is left of a build.
func noBuild(ctx context.Context, s Store, versions ...string) error {
	position, err := s.Checkpoint(ctx, projection.Beside(projection.SessionsName))
	err = errors.Join(err, same("checkpoint of a build that has ended", position, int64(0)))
	for _, version := range versions {
		there, failed := s.Building(ctx, projection.SessionsName, version)
		err = errors.Join(err, failed, holds(!there, "there is a build of version %s", version))
	}
	return err
}

// begun opens a store with a row of version 1 at position 5, and a build of
// version 2 beside it.
func begun(ctx context.Context, env *Env) (*running, error) {
	s, err := prepared(ctx, env)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(must(s.Step(ctx, move("1", 0, 5), saving("a", 5))), s.Prepare(ctx, projection.SessionsName, "2"),
		besideStands(ctx, s, "2", 0))
}

func preparesAnew(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	flagged := func(ctx context.Context, tx projection.Tx) error {
		return tx.SaveFlags(ctx, []projection.Flag{flagAt(2)})
	}
	return errors.Join(must(s.Step(ctx, move("1", 0, 5), saving("a", 5))),
		must(s.Step(ctx, projection.Step{Name: projection.FlagsName, Version: "1", From: 0, To: 3}, flagged)),
		appendAll(ctx, s, write("default", "a", "kept")), noBuild(ctx, s, "1", "2"),
		s.Prepare(ctx, projection.SessionsName, "2"), besideStands(ctx, s, "2", 0),
		stands(ctx, s, 5, "a"), says(ctx, s, append(make([]string, 60), "kept")...), flagsStand(ctx, s, 3, 1),
		s.Prepare(ctx, projection.FlagsName, "2"), flagsStand(ctx, s, 3, 1), besideStands(ctx, s, "2", 0))
}

func bothVersionsStep(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	moved, err := s.Step(ctx, move("3", 6, 7), saving("c", 7))
	return errors.Join(fails("a step of a version that is neither", err, projection.ErrSuperseded), holds(!moved, "it moved"),
		must(s.Step(ctx, move("2", 5, 6), saving("b", 6))), must(s.Step(ctx, move("1", 6, 7), saving("c", 7))),
		stands(ctx, s, 7, "a", "b", "c"), besideStands(ctx, s, "2", 0))
}

func buildsBeside(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	for _, version := range []string{"1", "3"} {
		moved, failed := s.Step(ctx, building(version, 0, 3), saving("b", 3))
		err = errors.Join(err, fails("a step of the build of another version", failed, projection.ErrSuperseded), holds(!moved, "it moved"))
	}
	err = errors.Join(err, must(s.Step(ctx, building("2", 0, 3), saving("b", 3))), stands(ctx, s, 5, "a"), besideStands(ctx, s, "2", 3),
		mustNot(s.Step(ctx, building("2", 0, 3), saving("b", 3))))
	return errors.Join(err, must(s.Step(ctx, building("2", 3, 4), func(ctx context.Context, tx projection.Tx) error {
		states, err := tx.LoadSessions(ctx, []eventlog.Stream{stream("default", "a"), stream("default", "b")})
		return errors.Join(err, holds(len(states) == 1 && states[stream("default", "b")].Position == 3, "a build loads %v", states))
	})))
}

func swaps(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	err = errors.Join(must(s.Step(ctx, building("2", 0, 8), saving("b", 8))),
		s.Complete(ctx, projection.SessionsName, "2"), s.Complete(ctx, projection.SessionsName, "2"), stands(ctx, s, 5, "a"))
	if err := errors.Join(err, s.Swap(ctx, projection.SessionsName, "2", noFold)); err != nil {
		return err
	}
	rows, failed := s.ListSessions(ctx, query.SessionFilter{}, 100, 100)
	_, old := s.Step(ctx, move("1", 8, 9), saving("c", 9))
	err = errors.Join(failed, stands(ctx, s, 8, "b"), holds(len(rows) == 1, "%d sessions are listed", len(rows)), noBuild(ctx, s, "1", "2"),
		fails("a step of the version that was live", old, projection.ErrSuperseded), must(s.Step(ctx, move("2", 8, 9), saving("c", 9))),
		stands(ctx, s, 9, "b", "c"))
	_, late := s.Step(ctx, building("2", 8, 9), saving("c", 9))
	_, wrong := s.Step(ctx, building("1", 8, 9), saving("c", 9))
	return errors.Join(err, fails("a step of a build that has ended", late, projection.ErrNoBuild),
		fails("a step of a build that never was", wrong, projection.ErrSuperseded),
		fails("completing a build that has ended", s.Complete(ctx, projection.SessionsName, "2"), projection.ErrNoBuild),
		fails("a second swap", s.Swap(ctx, projection.SessionsName, "2", noFold), projection.ErrNoBuild),
		fails("a swap of another version", s.Swap(ctx, projection.SessionsName, "1", noFold), projection.ErrSuperseded))
}

func swapCatchesUp(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	var missing []int64
	err = errors.Join(must(s.Step(ctx, building("2", 0, 3), saving("b", 3))), s.Complete(ctx, projection.SessionsName, "2"),
		s.Swap(ctx, projection.SessionsName, "2", func(ctx context.Context, tx projection.Tx, from, to int64) error {
			missing = []int64{from, to}
			return saving("c", to)(ctx, tx)
		}))
	return errors.Join(err, same("what was missing", missing, []int64{3, 5}), stands(ctx, s, 5, "b", "c"))
}

func swapFails(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	err = errors.Join(must(s.Step(ctx, building("2", 0, 3), saving("b", 3))), s.Complete(ctx, projection.SessionsName, "2"))
	failed := s.Swap(ctx, projection.SessionsName, "2", func(ctx context.Context, tx projection.Tx, from, to int64) error {
		return errors.Join(saving("c", to)(ctx, tx), errRefused)
	})
	return errors.Join(err, fails("a swap", failed, errRefused), stands(ctx, s, 5, "a"), besideStands(ctx, s, "2", 3),
		must(s.Step(ctx, move("1", 5, 6), saving("b", 6))), must(s.Step(ctx, building("2", 3, 6), saving("c", 6))),
		s.Swap(ctx, projection.SessionsName, "2", noFold), stands(ctx, s, 6, "b", "c"))
}

func buildOfAnother(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	other, err := env.open(ctx) // as after a kill
	err = errors.Join(err, must(s.Step(ctx, building("2", 0, 6), saving("b", 6))))
	if err != nil {
		return err
	}
	return errors.Join(other.Prepare(ctx, projection.SessionsName, "2"), besideStands(ctx, other, "2", 6),
		other.Prepare(ctx, projection.SessionsName, "3"), besideStands(ctx, s, "3", 0), stands(ctx, s, 5, "a"),
		must(other.Step(ctx, building("3", 0, 7), saving("c", 7))), other.Complete(ctx, projection.SessionsName, "3"),
		other.Swap(ctx, projection.SessionsName, "3", noFold), stands(ctx, s, 7, "c"),
		s.Prepare(ctx, projection.SessionsName, "4"), s.Prepare(ctx, projection.SessionsName, "3"), noBuild(ctx, s, "2", "3", "4"),
		stands(ctx, s, 7, "c"))
}

func beginsOwn(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	const name = projection.SessionsName
	err = errors.Join(toFold(ctx, s), s.Begin(ctx, name, "1"), besideStands(ctx, s, "1", 0), must(s.Step(ctx, building("1", 0, 4), saving("b", 4))),
		must(s.Step(ctx, move("1", 0, 5), saving("a", 5))), s.Begin(ctx, name, "1"), besideStands(ctx, s, "1", 4),
		fails("a build of another version", s.Begin(ctx, name, "2"), projection.ErrSuperseded),
		s.Prepare(ctx, name, "1"), besideStands(ctx, s, "1", 4), must(s.Step(ctx, building("1", 4, 5), saving("c", 5))))
	return errors.Join(err, s.Swap(ctx, name, "1", noFold), stands(ctx, s, 5, "b", "c"), s.Prepare(ctx, name, "2"),
		fails("a build beside that of another version", s.Begin(ctx, name, "1"), projection.ErrSuperseded), besideStands(ctx, s, "2", 0))
}

// buildNumbers begins builds one after the other. The tables of the last one
// are those of the first once more.
func buildNumbers(ctx context.Context, env *Env) error {
	s, err := begun(ctx, env)
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	number := func(step projection.Step) (n int64, err error) {
		return n, must(s.Step(ctx, step, func(_ context.Context, tx projection.Tx) error {
			n = tx.Build()
			return nil
		}))
	}
	first, err := number(move("1", 5, 6))
	seen[first] = true
	for at := int64(6); at < 9 && err == nil; at++ {
		var built, is int64
		built, err = number(building("2", 0, at))
		err = errors.Join(err, holds(!seen[built], "two builds have the number %d", built), s.Complete(ctx, projection.SessionsName, "2"),
			s.Swap(ctx, projection.SessionsName, "2", noFold))
		if err == nil {
			is, err = number(move("2", at, at+1))
			err = errors.Join(err, same("number of the tables", is, built), s.Begin(ctx, projection.SessionsName, "2"))
		}
		seen[built] = true
	}
	return err
}

// buildsTogether lets a runner follow the log in one store while two others
// build anew what it writes.
func buildsTogether(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 3)
	if err != nil {
		return err
	}
	rules := kyc.RuleBook{}
	err = errors.Join(live(ctx, stores[0], 200), project(ctx, stores[0], projection.NewSessions(rules), 100, 11))
	for _, s := range stores[1:] {
		err = errors.Join(err, rebuildOf(s, rules).Begin(ctx))
	}
	if err != nil {
		return err
	}
	head, err := stores[0].Head(ctx)
	if err != nil {
		return err
	}
	failures := make([]error, len(stores))
	var work sync.WaitGroup
	work.Go(func() { failures[0] = project(ctx, stores[0], projection.NewSessions(rules), head, 7) })
	for i, s := range stores[1:] {
		work.Go(func() { _, failures[i+1] = rebuildOf(s, rules).Run(ctx) })
	}
	work.Wait()
	events, err := history(ctx, stores[1])
	if err := errors.Join(append(failures, err)...); err != nil {
		return err
	}
	version := projection.NewSessions(rules).Version()
	return errors.Join(noBuild(ctx, stores[0], version), sessionsAreFold(ctx, stores[0], events),
		project(ctx, stores[2], projection.NewSessions(rules), head, 10))
}

// rebuildOf builds the sessions in a store.
func rebuildOf(s Store, rules kyc.RuleBook) *projection.Rebuild {
	return &projection.Rebuild{
		Projection: projection.NewSessions(rules), Log: s, Store: s, Advanced: &eventlog.Broadcast{},
		Logger: slog.New(slog.DiscardHandler),
	}
}
