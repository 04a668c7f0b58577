package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func rowCases() []Case {
	return []Case{
		{"rows of sessions are read back as they were saved", sessionRows},
		{"rows of flags are read back as they were saved", flagRows},
	}
}

// allFlags picks every flag.
var allFlags = query.FlagFilter{}

// fullState is a state with each of its fields set.
func fullState(odd string, position int64) kyc.State {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	track := kyc.Track{StepID: kyc.StepID(odd), Service: kyc.Service(odd), Status: kyc.ResubmissionRequired, Reason: odd,
		Submissions: 3, UpdatedAt: at, SettledAt: 2}
	own := track
	own.StepID, own.Service = "", ""
	return kyc.State{
		Version: 7, Position: position, Cycle: 2, OpenedAt: at.Add(-time.Hour), UpdatedAt: at, CompanyForm: true,
		Track: own, Steps: []kyc.Track{track, {StepID: "next", Status: kyc.Approved, UpdatedAt: at}},
		Flags: []kyc.Flag{{Position: position, StepID: kyc.StepID(odd), Service: kyc.Service(odd), Violation: kyc.Regression,
			Attempted: kyc.ReportApproved, Reason: odd, At: at}},
	}
}

// sessionRows saves rows of which every odd text is a part, twice: the second
// time they are there already.
func sessionRows(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	for round, kind := range []kyc.Kind{kyc.KindIndividual, kyc.KindCorporate} {
		var rows []projection.Session
		var steps []projection.StepRow
		for i, odd := range oddTexts() {
			row := projection.Session{Stream: stream("default", odd), Kind: kind, Status: kyc.OverallStepsApproved,
				State: fullState(odd, int64(100*round+i+1))}
			rows = append(rows, row)
			for _, track := range row.State.Steps {
				steps = append(steps, projection.StepRow{Stream: row.Stream, Track: track})
			}
		}
		moved, err := s.Step(ctx, move("1", int64(round), int64(round+1)), func(ctx context.Context, tx projection.Tx) error {
			return errors.Join(loaded(ctx, tx, rows, round > 0), tx.SaveSessions(ctx, rows, steps), loaded(ctx, tx, rows, true))
		})
		if err := must(moved, err); err != nil {
			return err
		}
		for _, row := range rows {
			got, found, failed := s.FindSession(ctx, row.Stream)
			err = errors.Join(err, failed, holds(found, "no row of %q", row.Stream.Key()), same("row", got, row))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loaded loads the streams of rows, and one that has none.
func loaded(ctx context.Context, tx projection.Tx, rows []projection.Session, wanted bool) error {
	streams := []eventlog.Stream{stream("default", "none")}
	for _, row := range rows {
		streams = append(streams, row.Stream)
	}
	got, err := tx.LoadSessions(ctx, streams)
	if !wanted {
		return errors.Join(err, holds(len(got) == 0, "%d states were loaded before any was saved", len(got)))
	}
	// In the second round the states of the first are loaded before: only the
	// positions differ.
	err = errors.Join(err, holds(len(got) == len(rows), "%d states were loaded, wanted %d", len(got), len(rows)))
	for _, row := range rows {
		state := got[row.Stream]
		state.Position, state.Flags = row.State.Position, row.State.Flags
		err = errors.Join(err, same(fmt.Sprintf("state of %q", row.Stream.Key()), state, row.State))
	}
	return err
}

func flagRows(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	var flags []projection.Flag
	for i, odd := range oddTexts() {
		flags = append(flags, projection.Flag{
			Position: int64(i + 1), Stream: stream("default", odd), StepID: kyc.StepID(odd), Service: kyc.Service(odd),
			Violation: kyc.Regression, Severity: kyc.SeverityHigh, From: kyc.Approved, Attempted: odd, Reason: odd,
			State: projection.FlagOpen, FlaggedAt: noon.Add(time.Duration(i) * time.Microsecond),
		})
	}
	flags = append(flags, projection.Flag{Position: math.MaxInt32 + 1, Stream: stream("b", "c"), Violation: kyc.MissingReason,
		Severity: kyc.SeverityLow, State: projection.FlagOpen, FlaggedAt: noon})
	for round := range int64(2) {
		step := projection.Step{Name: projection.FlagsName, Version: "1", From: round, To: round + 1}
		moved, err := s.Step(ctx, step, func(ctx context.Context, tx projection.Tx) error {
			return errors.Join(tx.SaveFlags(ctx, flags), loadedFlags(ctx, tx, flags))
		})
		if err := errors.Join(must(moved, err), listed(ctx, s, flags)); err != nil {
			return err
		}
		for i := range flags { // resolved, for the second round
			flags[i].State, flags[i].ResolvedAt = projection.FlagDismissed, noon.Add(time.Hour)
			flags[i].ResolvedBy, flags[i].Note = flags[i].Reason, flags[i].Reason
		}
	}
	return nil
}

func loadedFlags(ctx context.Context, tx projection.Tx, flags []projection.Flag) error {
	positions, wanted := []int64{999_999}, map[int64]projection.Flag{}
	for _, f := range flags {
		positions, wanted[f.Position] = append(positions, f.Position), f
	}
	got, err := tx.LoadFlags(ctx, positions)
	return errors.Join(err, same("loaded flags", got, wanted))
}

// listed checks that these are all flags, the newest first.
func listed(ctx context.Context, s Models, flags []projection.Flag) error {
	got, err := s.ListFlags(ctx, allFlags, math.MaxInt64, 1000)
	wanted := make([]projection.Flag, 0, len(flags))
	for i := range flags {
		wanted = append(wanted, flags[len(flags)-1-i])
	}
	return errors.Join(err, same("listed flags", got, wanted))
}
