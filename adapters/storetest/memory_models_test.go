package storetest_test

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func (r rows) clone() rows {
	copied := rows{maps.Clone(r.checkpoints), maps.Clone(r.sessions), maps.Clone(r.steps), maps.Clone(r.flags), r.stats.clone(), 0}
	if copied.checkpoints == nil {
		copied = rows{map[string]checkpoint{}, map[eventlog.Stream]projection.Session{}, map[projection.StepRow]bool{}, map[int64]projection.Flag{}, r.stats.clone(), 0}
	}
	copied.build = r.build
	return copied
}

func (r rows) LoadSessions(_ context.Context, streams []eventlog.Stream) (map[eventlog.Stream]kyc.State, error) {
	states := map[eventlog.Stream]kyc.State{}
	for _, s := range streams {
		if row, ok := r.sessions[s]; ok {
			states[s] = row.State
		}
	}
	return states, nil
}

func (r rows) SaveSessions(_ context.Context, sessions []projection.Session, steps []projection.StepRow) error {
	for _, row := range sessions {
		r.sessions[row.Stream] = row
	}
	for _, row := range steps {
		maps.DeleteFunc(r.steps, func(old projection.StepRow, _ bool) bool {
			return old.Stream == row.Stream && old.Track.StepID == row.Track.StepID
		})
		r.steps[row] = true
	}
	return nil
}

func (r rows) LoadFlags(_ context.Context, positions []int64) (map[int64]projection.Flag, error) {
	flags := map[int64]projection.Flag{}
	for _, position := range positions {
		if row, ok := r.flags[position]; ok {
			flags[position] = row
		}
	}
	return flags, nil
}

func (r rows) SaveFlags(_ context.Context, flags []projection.Flag) error {
	for _, row := range flags {
		r.flags[row.Position] = row
	}
	return nil
}

func (s *store) FindSession(_ context.Context, stream eventlog.Stream) (projection.Session, bool, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	row, found := s.db.rows.sessions[stream]
	return row, found, nil
}

func (s *store) ListSessions(_ context.Context, f query.SessionFilter, below int64, limit int) ([]projection.Session, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	var picked []projection.Session
	for _, row := range s.db.rows.sessions {
		if row.State.Position < below && picksSession(f, row) {
			picked = append(picked, row)
		}
	}
	slices.SortFunc(picked, func(a, b projection.Session) int { return cmp.Compare(b.State.Position, a.State.Position) })
	if s.db.fault == oldestFirst {
		slices.Reverse(picked)
	}
	return picked[:min(limit, len(picked))], nil
}

func (s *store) OldestSessions(_ context.Context, status kyc.Overall, above int64, limit int) ([]projection.Session, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	var picked []projection.Session
	for _, row := range s.db.rows.sessions {
		if row.Status == status && (row.State.Position > above || s.db.fault == repeatsBound && row.State.Position == above) {
			picked = append(picked, row)
		}
	}
	slices.SortFunc(picked, func(a, b projection.Session) int { return cmp.Compare(a.State.Position, b.State.Position) })
	return picked[:min(limit, len(picked))], nil
}

func picksSession(f query.SessionFilter, row projection.Session) bool {
	hasService := slices.ContainsFunc(row.State.Steps, func(t kyc.Track) bool { return t.Service == f.Service })
	return (f.App == "" || row.Stream.App == f.App) && (f.Status == kyc.Overall{} || row.Status == f.Status) &&
		(f.Kind == kyc.Kind{} || row.Kind == f.Kind) && (f.Service == "" || hasService) &&
		(f.Flagged == nil || *f.Flagged == (len(row.State.Flags) > 0)) &&
		(f.UpdatedAfter.IsZero() || row.State.UpdatedAt.After(f.UpdatedAfter)) &&
		(f.UpdatedBefore.IsZero() || row.State.UpdatedAt.Before(f.UpdatedBefore))
}

func (s *store) ListFlags(_ context.Context, f query.FlagFilter, below int64, limit int) ([]projection.Flag, error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	var picked []projection.Flag
	for _, row := range s.db.rows.flags {
		open := row.State == projection.FlagOpen
		if row.Position < below && (f.App == "" || row.Stream.App == f.App) && (f.State == projection.FlagState{} || row.State == f.State) &&
			(f.Violation == kyc.Violation{} || row.Violation == f.Violation) && (f.Severity == kyc.Severity{} || row.Severity == f.Severity) &&
			(!f.Closed || !open || s.db.fault == listsOpenAsClosed) {
			picked = append(picked, row)
		}
	}
	slices.SortFunc(picked, func(a, b projection.Flag) int { return cmp.Compare(b.Position, a.Position) })
	return picked[:min(limit, len(picked))], nil
}
