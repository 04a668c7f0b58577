package audit

import (
	"context"
	"maps"
	"slices"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// flagTables are the flags of one stream, in memory.
type flagTables struct {
	projection.Tx // nothing else is asked for
	rows          map[int64]projection.Flag
}

// LoadFlags implements [projection.Tx]. A flag that the stream does not have is
// made up, for the projection goes no further without it.
func (t flagTables) LoadFlags(_ context.Context, positions []int64) (map[int64]projection.Flag, error) {
	loaded := make(map[int64]projection.Flag, len(positions))
	for _, position := range positions {
		loaded[position] = projection.Flag{Position: position}
	}
	return loaded, nil
}

// SaveFlags implements [projection.Tx].
func (t flagTables) SaveFlags(_ context.Context, flags []projection.Flag) error {
	for _, flag := range flags {
		if flag.Violation != (kyc.Violation{}) { // it was not made up
			t.rows[flag.Position] = flag
		}
	}
	return nil
}

// expectFlags rebuilds the flags of a stream.
func (p *chunkPass) expectFlags(ctx context.Context, f *fold) error {
	if len(f.flags) == 0 {
		return nil
	}
	tables := flagTables{rows: map[int64]projection.Flag{}}
	if err := (projection.Flags{}).Fold(ctx, tables, f.flags); err != nil {
		return err
	}
	for _, e := range f.flags {
		if row, ok := tables.rows[e.Position]; ok {
			p.flags[e.Position] = flagged{flagRow(row), e.Version}
		}
	}
	return nil
}

// checkFlags compares the flags of the chunk's streams. Those of another version
// of the read model are made anew by the service, and can't be compared.
func (p *chunkPass) checkFlags(ctx context.Context) error {
	if !p.current(projection.FlagsName) {
		return nil
	}
	for positions := range slices.Chunk(slices.Sorted(maps.Keys(p.flags)), pageSize) {
		rows, err := p.chunk.Flags(ctx, positions)
		if err != nil {
			return err
		}
		for _, position := range positions {
			want := p.flags[position]
			about := Finding{Position: position, Stream: want.row.Stream, Version: want.version}
			row, found := rows[position]
			if !found {
				p.found(about.of(FlagMissing, "a row of the flag", "none"))
			} else if expected, found, any := differs(flagColumns(want.row, row)); any {
				p.found(about.of(FlagDiffers, expected, found))
			}
		}
	}
	return nil
}

// checkExtraFlags goes through the rows of flags, for those that no event
// raised.
func (v *Verifier) checkExtraFlags(ctx context.Context) error {
	for after := int64(0); ; {
		rows, folded, err := v.Store.FlagRows(ctx, after, pageSize)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			v.checkExtraFlag(row, folded)
		}
		after = rows[len(rows)-1].Position
		v.progress(StageFlags, min(after, v.bounds.Head), v.bounds.Head)
	}
}

func (v *Verifier) checkExtraFlag(row FlagEvent, folded int64) {
	about := Finding{Position: row.Position, Stream: row.Stream}
	switch e := row.Event; {
	case e == nil:
		v.found(about.of(FlagExtra, "an event that raised the flag", "no event at its position"))
	case e.DataFault != nil: // said of the event
	case !kyc.RaisesFlag(e.Event):
		v.found(about.of(FlagExtra, "an event that raised the flag", "an event that raises none"))
	case row.Position > folded:
		v.found(about.of(FlagExtra, "no row yet: the read model is not folded that far", "a row"))
	}
}

func flagRow(f projection.Flag) FlagRow {
	return FlagRow{
		Stream: f.Stream, StepID: string(f.StepID), Service: string(f.Service),
		Violation: f.Violation.String(), Severity: f.Severity.String(), From: f.From.String(),
		Attempted: f.Attempted, Reason: f.Reason, State: f.State.String(),
		FlaggedAt: f.FlaggedAt, ResolvedAt: f.ResolvedAt, ResolvedBy: f.ResolvedBy, Note: f.Note,
	}
}

func flagColumns(want, got FlagRow) []column {
	return []column{
		{name: "session", want: want.Stream, got: got.Stream, private: true},
		{name: "step_id", want: want.StepID, got: got.StepID, private: true},
		{name: "service", want: want.Service, got: got.Service},
		{name: "violation", want: want.Violation, got: got.Violation},
		{name: "severity", want: want.Severity, got: got.Severity},
		{name: "from_status", want: want.From, got: got.From},
		{name: "attempted", want: want.Attempted, got: got.Attempted, private: true},
		{name: "reason", want: want.Reason, got: got.Reason, private: true},
		{name: "state", want: want.State, got: got.State},
		{name: "flagged_at", want: stamp(want.FlaggedAt), got: stamp(got.FlaggedAt)},
		{name: "resolved_at", want: stamp(want.ResolvedAt), got: stamp(got.ResolvedAt)},
		{name: "resolved_by", want: want.ResolvedBy, got: got.ResolvedBy, private: true},
		{name: "note", want: want.Note, got: got.Note, private: true},
	}
}
