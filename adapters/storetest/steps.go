package storetest

import (
	"context"
	"errors"
	"fmt"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

func stepCases() []Case {
	return []Case{
		{"a step moves the checkpoint and saves rows together", stepMoves},
		{"a step from another checkpoint does not run", stepFromElsewhere},
		{"a step that fails leaves nothing", stepFails},
		{"a step of another version is superseded", stepSuperseded},
		{"preparing the same version changes nothing", preparesAgain},
	}
}

// rowAt returns a row of a session without steps, as after an event at a
// position.
func rowAt(session string, position int64) projection.Session {
	s := kyc.NewSession()
	s.Apply(note("x"), kyc.Mark{Position: position, Version: 1, At: noon})
	return projection.NewSession(stream("default", session), s, kyc.Rules{})
}

func flagAt(position int64) projection.Flag {
	return projection.Flag{Position: position, Stream: stream("default", "a"), Violation: kyc.Premature,
		Severity: kyc.SeverityMedium, From: kyc.Approved, Attempted: "APPROVED", State: projection.FlagOpen, FlaggedAt: noon}
}

// saving is a step's work that saves a row.
func saving(session string, position int64) func(context.Context, projection.Tx) error {
	return func(ctx context.Context, tx projection.Tx) error {
		return tx.SaveSessions(ctx, []projection.Session{rowAt(session, position)}, nil)
	}
}

// must turns "did not run" into an error.
func must(moved bool, err error) error {
	return errors.Join(err, holds(moved, "the step did not run"))
}

// mustNot turns "ran" into an error.
func mustNot(moved bool, err error) error {
	return errors.Join(err, holds(!moved, "the step ran"))
}

func move(version string, from, to int64) projection.Step {
	return projection.Step{Name: projection.SessionsName, Version: version, From: from, To: to}
}

// stands checks the checkpoint of the sessions and which of these have a row.
func stands(ctx context.Context, s Store, checkpoint int64, wanted ...string) error {
	position, err := s.Checkpoint(ctx, projection.SessionsName)
	found := []string{}
	for _, session := range []string{"a", "b", "c"} {
		_, ok, failed := s.FindSession(ctx, stream("default", session))
		err = errors.Join(err, failed)
		if ok {
			found = append(found, session)
		}
	}
	return errors.Join(err, same("checkpoint", position, checkpoint), same("sessions with a row", found, wanted))
}

// prepared opens a store with the read models at version 1.
func prepared(ctx context.Context, env *Env) (*running, error) {
	s, err := env.open(ctx)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(toFold(ctx, s), stands(ctx, s, 0), s.Prepare(ctx, projection.SessionsName, "1"), stands(ctx, s, 0),
		s.Prepare(ctx, projection.FlagsName, "1"))
}

func stepMoves(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	if err := must(s.Step(ctx, move("1", 0, 5), saving("a", 5))); err != nil {
		return err
	}
	other, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(stands(ctx, s, 5, "a"), stands(ctx, other, 5, "a"),
		must(other.Step(ctx, move("1", 5, 6), saving("b", 6))), stands(ctx, s, 6, "a", "b"))
}

func stepFromElsewhere(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	if err := must(s.Step(ctx, move("1", 0, 5), saving("a", 5))); err != nil {
		return err
	}
	for _, from := range []int64{0, 4, 6} {
		ran := false
		err := mustNot(s.Step(ctx, move("1", from, 9), func(ctx context.Context, tx projection.Tx) error {
			ran = true
			return saving("b", 9)(ctx, tx)
		}))
		if err := errors.Join(err, holds(!ran, "the work of a step from %d ran", from), stands(ctx, s, 5, "a")); err != nil {
			return err
		}
	}
	return nil
}

func stepFails(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	moved, err := s.Step(ctx, move("1", 0, 5), func(ctx context.Context, tx projection.Tx) error {
		return errors.Join(saving("a", 5)(ctx, tx), tx.SaveFlags(ctx, []projection.Flag{flagAt(5)}), errRefused)
	})
	failed := errors.Join(fails("a step", err, errRefused), holds(!moved, "a step that failed has moved"), stands(ctx, s, 0))
	given, giveUp := context.WithCancel(ctx)
	moved, err = s.Step(given, move("1", 0, 5), func(ctx context.Context, tx projection.Tx) error {
		giveUp()
		return saving("a", 5)(ctx, tx)
	})
	return errors.Join(failed, holds(err != nil && !moved, "a step that was given up has moved: %t, %v", moved, err),
		stands(ctx, s, 0), must(s.Step(ctx, move("1", 0, 5), saving("b", 5))), stands(ctx, s, 5, "b"))
}

func stepSuperseded(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	if err := s.Prepare(ctx, projection.SessionsName, "2"); err != nil { // which holds nothing yet
		return err
	}
	ran := false
	moved, err := s.Step(ctx, move("1", 0, 5), func(context.Context, projection.Tx) error {
		ran = true
		return nil
	})
	return errors.Join(fails("a step of an old version", err, projection.ErrSuperseded),
		holds(!moved && !ran, "a step of an old version ran"), stands(ctx, s, 0), noBuild(ctx, s, "1", "2"),
		must(s.Step(ctx, move("2", 0, 5), saving("a", 5))))
}

// flagsStand checks the checkpoint of the flags and how many there are.
func flagsStand(ctx context.Context, s Store, checkpoint int64, rows int) error {
	position, err := s.Checkpoint(ctx, projection.FlagsName)
	flags, failed := s.ListFlags(ctx, allFlags, 100, 100)
	return errors.Join(err, failed, same("checkpoint of the flags", position, checkpoint), same("flags", len(flags), rows))
}

func preparesAgain(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	if err := must(s.Step(ctx, move("1", 0, 5), saving("a", 5))); err != nil {
		return err
	}
	other, err := env.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.Prepare(ctx, projection.SessionsName, "1"), other.Prepare(ctx, projection.SessionsName, "1"),
		stands(ctx, s, 5, "a"))
}

// project folds the log into a read model up to a position, as a runner does.
func project(ctx context.Context, s Store, p projection.Projection, upTo int64, page int) error {
	if err := s.Prepare(ctx, p.Name(), p.Version()); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	for {
		from, err := s.Checkpoint(ctx, p.Name())
		if err != nil || from >= upTo {
			return err
		}
		events, err := s.ReadAll(ctx, from, page)
		if err != nil || len(events) == 0 {
			return errors.Join(err, holds(len(events) > 0, "no event after %d, wanted up to %d", from, upTo))
		}
		if err := step(ctx, s, p, from, events); err != nil {
			return fmt.Errorf("step from %d: %w", from, err)
		}
	}
}

func step(ctx context.Context, s Store, p projection.Projection, from int64, events []eventlog.Recorded) error {
	to := events[len(events)-1].Position
	_, err := s.Step(ctx, projection.Step{Name: p.Name(), Version: p.Version(), From: from, To: to},
		func(ctx context.Context, tx projection.Tx) error { return p.Fold(ctx, tx, events) })
	return err
}
