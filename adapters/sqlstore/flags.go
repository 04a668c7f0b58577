package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"dossier/adapters/codec"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// listFlags takes the state as a bound on both sides, which the index serves:
// $2 alone is one state, and $3 excludes one.
const listFlags = `SELECT position, app, session_id, step_id, service, violation, severity, from_status,
  attempted, reason, state, flagged_at, resolved_at, resolved_by, note
FROM flags
WHERE position < $1
  AND ($2 = '' OR state = $2)
  AND ($3 = '' OR state <> $3)
  AND ($4 = '' OR app = $4)
  AND ($5 = '' OR violation = $5)
  AND ($6 = '' OR severity = $6)
ORDER BY position DESC LIMIT $7`

// ListFlags returns up to limit flags that the filter picks whose position is
// below a bound, the newest first.
func (s *Store) ListFlags(ctx context.Context, f query.FlagFilter, below int64, limit int) ([]projection.Flag, error) {
	if !storable(string(f.App)) {
		return nil, nil // no row has such a name
	}
	var but string
	if f.Closed {
		but = projection.FlagOpen.String()
	}
	flags := make([]projection.Flag, 0, limit)
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		flag, err := scanFlag(rows)
		flags = append(flags, flag)
		return err
	}, listFlags, below, f.State.String(), but, string(f.App), f.Violation.String(), f.Severity.String(), limit)
	return flags, s.readError("list flags", err)
}

func scanFlag(rows *sql.Rows) (f projection.Flag, err error) {
	var app, id, step, service, violation, severity, from, state string
	var flagged, resolved int64
	err = rows.Scan(&f.Position, &app, &id, &step, &service, &violation, &severity, &from,
		&f.Attempted, &f.Reason, &state, &flagged, &resolved, &f.ResolvedBy, &f.Note)
	if err != nil {
		return f, err
	}
	f.Stream, f.StepID, f.Service = stream(app, id), kyc.StepID(step), kyc.Service(service)
	f.From, _ = kyc.ParseStatus(from) // none for a contract violation
	f.FlaggedAt, f.ResolvedAt = codec.TimeOf(flagged), codec.TimeOf(resolved)
	var knownViolation, knownSeverity, knownState bool
	f.Violation, knownViolation = kyc.ParseViolation(violation)
	f.Severity, knownSeverity = kyc.ParseSeverity(severity)
	f.State, knownState = projection.ParseFlagState(state)
	if !(knownViolation && knownSeverity && knownState) {
		return f, fmt.Errorf("a row of flags with violation %q, severity %q and state %q", violation, severity, state)
	}
	return f, nil
}

// LoadFlags implements [projection.Tx].
func (m modelTx) LoadFlags(ctx context.Context, positions []int64) (map[int64]projection.Flag, error) {
	flags := make(map[int64]projection.Flag, len(positions))
	err := each(ctx, m.tx, func(rows *sql.Rows) error {
		flag, err := scanFlag(rows)
		flags[flag.Position] = flag
		return err
	}, m.statements.LoadFlags, m.dialect.Bulk(Ints(positions))...)
	return flags, err
}

// SaveFlags implements [projection.Tx].
func (m modelTx) SaveFlags(ctx context.Context, flags []projection.Flag) error {
	n := len(flags)
	texts := make([]Texts, 11)
	for i := range texts {
		texts[i] = make(Texts, n)
	}
	positions, flagged, resolved := make(Ints, n), make(Ints, n), make(Ints, n)
	for i, f := range flags {
		row := []string{
			string(f.Stream.App), string(f.Stream.Session), string(f.StepID), string(f.Service),
			f.Violation.String(), f.Severity.String(), f.From.String(), f.Attempted, f.Reason,
			f.State.String(), f.ResolvedBy,
		}
		for column, text := range row {
			texts[column][i] = text
		}
		positions[i], flagged[i], resolved[i] = f.Position, codec.Micros(f.FlaggedAt), codec.Micros(f.ResolvedAt)
	}
	notes := make(Texts, n)
	for i, f := range flags {
		notes[i] = f.Note
	}
	_, err := m.tx.ExecContext(ctx, m.statements.SaveFlags, m.dialect.Bulk(
		positions, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], texts[8],
		texts[9], flagged, resolved, texts[10], notes)...)
	return err
}
