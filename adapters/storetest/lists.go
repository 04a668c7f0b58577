package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func listCases() []Case {
	return []Case{
		{"sessions are listed by every filter, the newest first", listSessions},
		{"sessions of a status are listed from the oldest change on", oldestSessions},
		{"flags are listed by every filter, the newest first", listFlags},
	}
}

// pick returns one of some values; the first is the zero value of a filter.
func pick[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// listSessions compares random filters over random rows with what they mean.
func listSessions(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(3, 4))
	var rows []projection.Session
	var steps []projection.StepRow
	for i := range int64(60) {
		rows = append(rows, randomRow(r, i+1))
		for _, track := range rows[i].State.Steps {
			steps = append(steps, projection.StepRow{Stream: rows[i].Stream, Track: track})
		}
	}
	err = must(s.Step(ctx, move("1", 0, 60), func(ctx context.Context, tx projection.Tx) error {
		return tx.SaveSessions(ctx, rows, steps)
	}))
	slices.Reverse(rows)
	for range 300 {
		f, below, limit := randomFilter(r), pick[int64](r, math.MaxInt64, 1, 30, 61), pick(r, 100, 1, 5)
		got, failed := s.ListSessions(ctx, f, below, limit)
		var wanted []projection.Session
		for _, row := range rows {
			if row.State.Position < below && len(wanted) < limit && pickedBy(f, row) {
				wanted = append(wanted, row)
			}
		}
		err = errors.Join(err, failed, same(fmt.Sprintf("%d below %d by %+v", limit, below, f), got, wanted))
	}
	return err
}

func oldestSessions(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 8))
	var rows []projection.Session
	for i := range int64(60) {
		rows = append(rows, randomRow(r, i+1))
	}
	err = must(s.Step(ctx, move("1", 0, 60), func(ctx context.Context, tx projection.Tx) error {
		return tx.SaveSessions(ctx, rows, nil)
	}))
	for range 100 {
		status, above, limit := pick(r, kyc.Overalls()...), pick[int64](r, 0, 1, 30, 60), pick(r, 100, 1, 5)
		got, failed := s.OldestSessions(ctx, status, above, limit)
		var wanted []projection.Session
		for _, row := range rows {
			if row.Status == status && row.State.Position > above && len(wanted) < limit {
				wanted = append(wanted, row)
			}
		}
		err = errors.Join(err, failed, same(fmt.Sprintf("%d of %s above %d", limit, status, above), got, wanted))
	}
	return err
}

func randomRow(r *rand.Rand, position int64) projection.Session {
	at := noon.Add(time.Duration(position/7) * time.Minute) // some at the same time
	state := kyc.State{Version: 1, Position: position, Cycle: 1, OpenedAt: at, UpdatedAt: at, Track: kyc.Track{Status: kyc.SubmissionRequired}}
	for i := range r.IntN(3) {
		state.Steps = append(state.Steps, kyc.Track{StepID: kyc.StepID(fmt.Sprint(i)), Service: pick[kyc.Service](r, "AML", "LIVENESS"), Status: kyc.Approved})
	}
	for range r.IntN(2) {
		state.Flags = append(state.Flags, kyc.Flag{Position: position, Violation: kyc.Premature, At: at})
	}
	return projection.Session{
		Stream: stream(pick(r, "a", "a-b"), fmt.Sprint(position)), State: state,
		Kind: pick(r, kyc.Kinds()...), Status: pick(r, kyc.Overalls()...),
	}
}

func randomFilter(r *rand.Rand) query.SessionFilter {
	yes, no := true, false
	return query.SessionFilter{
		App: pick[kyc.App](r, "", "", "a", "a-b", "a-"), Status: pick(r, append(kyc.Overalls(), make([]kyc.Overall, 6)...)...),
		Kind:    pick(r, kyc.Kind{}, kyc.Kind{}, kyc.KindIndividual, kyc.KindCorporate),
		Service: pick[kyc.Service](r, "", "", "AML", "LIVENESS", "aml"), Flagged: pick(r, nil, &yes, &no),
		UpdatedAfter:  pick(r, time.Time{}, noon, noon.Add(2*time.Minute), noon.Add(time.Hour)),
		UpdatedBefore: pick(r, time.Time{}, noon.Add(6*time.Minute), noon.Add(time.Hour), noon),
	}
}

// pickedBy is what a filter means.
func pickedBy(f query.SessionFilter, row projection.Session) bool {
	hasService := slices.ContainsFunc(row.State.Steps, func(t kyc.Track) bool { return t.Service == f.Service })
	return (f.App == "" || row.Stream.App == f.App) &&
		(f.Status == kyc.Overall{} || row.Status == f.Status) &&
		(f.Kind == kyc.Kind{} || row.Kind == f.Kind) &&
		(f.Service == "" || hasService) &&
		(f.Flagged == nil || *f.Flagged == (len(row.State.Flags) > 0)) &&
		(f.UpdatedAfter.IsZero() || row.State.UpdatedAt.After(f.UpdatedAfter)) &&
		(f.UpdatedBefore.IsZero() || row.State.UpdatedAt.Before(f.UpdatedBefore))
}

func listFlags(ctx context.Context, env *Env) error {
	s, err := prepared(ctx, env)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(5, 6))
	var flags []projection.Flag
	for i := range int64(60) {
		f := flagAt(i + 1)
		f.Stream = stream(pick(r, "a", "a-b"), fmt.Sprint(i))
		f.State, f.Violation = pick(r, projection.FlagStates()...), pick(r, kyc.Violations()...)
		f.Severity = f.Violation.Severity()
		flags = append(flags, f)
	}
	err = must(s.Step(ctx, projection.Step{Name: projection.FlagsName, Version: "1", To: 60}, func(ctx context.Context, tx projection.Tx) error {
		return tx.SaveFlags(ctx, flags)
	}))
	slices.Reverse(flags)
	for range 300 {
		f, below, limit := randomFlagFilter(r), pick[int64](r, math.MaxInt64, 1, 30, 61), pick(r, 100, 1, 5)
		got, failed := s.ListFlags(ctx, f, below, limit)
		var wanted []projection.Flag
		for _, flag := range flags {
			if flag.Position < below && len(wanted) < limit && flagPickedBy(f, flag) {
				wanted = append(wanted, flag)
			}
		}
		err = errors.Join(err, failed, same(fmt.Sprintf("%d below %d by %+v", limit, below, f), got, wanted))
	}
	return err
}

func randomFlagFilter(r *rand.Rand) query.FlagFilter {
	f := query.FlagFilter{
		App: pick[kyc.App](r, "", "", "a", "a-b", "a-"), Violation: pick(r, append(kyc.Violations(), make([]kyc.Violation, 14)...)...),
		Severity: pick(r, append(kyc.Severities(), make([]kyc.Severity, 6)...)...), Closed: pick(r, false, false, true),
	}
	if !f.Closed {
		f.State = pick(r, append(projection.FlagStates(), projection.FlagState{})...)
	}
	return f
}

func flagPickedBy(f query.FlagFilter, flag projection.Flag) bool {
	return (f.App == "" || flag.Stream.App == f.App) &&
		(f.Violation == kyc.Violation{} || flag.Violation == f.Violation) &&
		(f.Severity == kyc.Severity{} || flag.Severity == f.Severity) &&
		(f.State == projection.FlagState{} || flag.State == f.State) &&
		(!f.Closed || flag.State != projection.FlagOpen)
}
