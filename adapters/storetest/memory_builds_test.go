package storetest_test

import (
	"context"

	"dossier/application/projection"
)

func emptyRows(f fault) rows { return rows{stats: statistics{fault: f}}.clone() }

// Build implements projection.Tx.
func (r rows) Before() string { return "" }
func (r rows) Build() int64   { return r.build }

// take makes the rows of a read model those of others.
func (r *rows) take(name string, from rows) {
	switch name {
	case projection.SessionsName:
		r.sessions, r.steps = from.sessions, from.steps
	case projection.FlagsName:
		r.flags = from.flags
	case projection.StatsName:
		r.stats = from.stats
	}
}

func (s *store) Prepare(_ context.Context, name, version string) error {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	at := s.db.rows.checkpoints[name]
	if at.position == 0 {
		at.version = version
		s.db.rows.checkpoints[name] = at
	}
	build, there := s.db.rows.checkpoints[projection.Beside(name)]
	switch {
	case there && build.version == version && at.version != version:
	case at.version != version:
		s.beginBuild(name, version)
	case there && build.version != version:
		delete(s.db.rows.checkpoints, projection.Beside(name))
	}
	return nil
}

func (s *store) beginBuild(name, version string) {
	number := s.db.rows.checkpoints[name].build + 1
	if s.db.fault == numbersNoBuild {
		number = 0
	}
	s.db.rows.checkpoints[projection.Beside(name)] = checkpoint{version: version, build: number}
	if s.db.fault != keepsOldRows {
		s.db.beside.take(name, emptyRows(s.db.fault))
	}
	if s.db.fault == emptiesLive {
		s.db.rows.take(name, emptyRows(none))
	}
}

func (s *store) Begin(_ context.Context, name, version string) error {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	at := s.db.rows.checkpoints[name]
	if at.position == 0 {
		at.version = version
		s.db.rows.checkpoints[name] = at
	}
	build, there := s.db.rows.checkpoints[projection.Beside(name)]
	switch {
	case s.db.fault != beginsAny && (at.version != version || there && build.version != version):
		return projection.ErrSuperseded
	case !there || build.version != version:
		s.beginBuild(name, version)
	}
	return nil
}

func (s *store) Building(_ context.Context, name, version string) (bool, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	build, there := s.db.rows.checkpoints[projection.Beside(name)]
	return there && build.version == version, nil
}

func (s *store) Checkpoint(_ context.Context, name string) (int64, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	return s.db.rows.checkpoints[name].position, nil
}

// ownsBuild says what speaks against work on the build of a version.
func (s *store) ownsBuild(name, version string) error {
	build, there := s.db.rows.checkpoints[projection.Beside(name)]
	switch {
	case there && build.version == version:
		return nil
	case there || s.db.rows.checkpoints[name].version != version:
		return projection.ErrSuperseded
	}
	return projection.ErrNoBuild
}

func (s *store) mayStep(step projection.Step) error {
	name, build := projection.Model(step.Name)
	err := s.ownsBuild(name, step.Version)
	switch {
	case s.db.fault == ignoresVersion:
		return nil
	case !build && s.db.rows.checkpoints[name].version == step.Version:
		return nil
	case !build && s.db.fault == refusesBoth:
		return projection.ErrSuperseded
	}
	return err
}

func (s *store) Step(ctx context.Context, step projection.Step, fn func(context.Context, projection.Tx) error) (bool, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	if err := s.mayStep(step); err != nil {
		return false, err
	}
	at := s.db.rows.checkpoints[step.Name]
	if at.position != step.From && s.db.fault != stepsTwice {
		return false, nil
	}
	target := &s.db.rows
	if _, build := projection.Model(step.Name); build && s.db.fault != buildsInLive {
		target = &s.db.beside
	}
	if err := s.change(ctx, target, at, fn); err != nil {
		return false, err
	}
	at.position = step.To
	s.db.rows.checkpoints[step.Name] = at
	return true, nil
}

// change lets fn change rows, or nothing if it fails.
func (s *store) change(ctx context.Context, target *rows, at checkpoint, fn func(context.Context, projection.Tx) error) error {
	changed := target.clone()
	if s.db.fault == keepsFailedSteps {
		changed = *target
	}
	changed.build = at.build
	err := fn(ctx, changed)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		*target = changed
	}
	return err
}

func (s *store) Complete(_ context.Context, name, version string) error {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	return s.ownsBuild(name, version)
}

func (s *store) Swap(ctx context.Context, name, version string, fold func(context.Context, projection.Tx, int64, int64) error) error {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	if err := s.ownsBuild(name, version); err != nil {
		if s.db.fault == swapsTwice {
			return nil
		}
		return err
	}
	live, build := s.db.rows.checkpoints[name], s.db.rows.checkpoints[projection.Beside(name)]
	if build.position < live.position && s.db.fault != swapsBehind {
		err := s.change(ctx, &s.db.beside, build, func(ctx context.Context, tx projection.Tx) error {
			return fold(ctx, tx, build.position, live.position)
		})
		if err != nil && s.db.fault != keepsFailedSwaps {
			return err
		}
		build.position = live.position
	}
	if s.db.fault != losesSwap {
		s.db.rows.take(name, s.db.beside)
	}
	s.db.rows.checkpoints[name] = build
	delete(s.db.rows.checkpoints, projection.Beside(name))
	s.db.beside.take(name, emptyRows(s.db.fault))
	return nil
}
