package audit

import (
	"fmt"
	"slices"

	"dossier/application/projection"
	"dossier/domain/kyc"
)

// column is one column of a row of a read model. Of a text that is a person's
// or the provider's own, a finding does not repeat the value.
type column struct {
	name      string
	want, got any
	private   bool
}

// differs returns the first column that is not as it must be, in words.
func differs(columns []column) (expected, found string, any bool) {
	for _, c := range columns {
		if c.want == c.got {
			continue
		}
		if c.private {
			return c.name + " as the events make it", "another", true
		}
		return fmt.Sprintf("%s %q", c.name, fmt.Sprint(c.want)), fmt.Sprintf("%s %q", c.name, fmt.Sprint(c.got)), true
	}
	return "", "", false
}

// checkSession compares the rows of a session and of its steps with the fold as
// of the read model's checkpoint.
func (p *chunkPass) checkSession(f *fold) {
	if f.projected == nil {
		f.projected = f.session
	}
	state := f.projected.State()
	row, found := p.chunk.Sessions[f.stream]
	about := Finding{Position: state.Position, Stream: f.stream, Version: state.Version}
	switch {
	case state.Version == 0 && found:
		p.found(about.of(SessionExtra, "no row yet: the read model is not folded that far", "a row"))
	case state.Version > 0 && !found:
		p.found(about.of(SessionMissing, "a row of the session", "none"))
	case found && row.Fault != nil:
		p.found(about.of(SessionDiffers, "a state that decodes", row.Fault.Error()))
	case found:
		if expected, found, any := differs(p.sessionColumns(projection.NewSession(f.stream, f.projected, p.Rules.For(f.stream.App)), row)); any {
			p.found(about.of(SessionDiffers, expected, found))
		} else if part := stateDiffers(state, row.State); part != "" {
			p.found(about.of(SessionDiffers, part+" as the events make it", "another, in the folded state"))
		}
	}
	p.checkSteps(about, state.Steps, p.chunk.Steps[f.stream])
}

func (p *chunkPass) sessionColumns(want projection.Session, row SessionRow) []column {
	columns := []column{
		{name: "position", want: want.State.Position, got: row.Position},
		{name: "open_flags", want: int64(len(want.State.Flags)), got: row.OpenFlags},
		{name: "updated_at", want: stamp(want.State.UpdatedAt), got: stamp(row.UpdatedAt)},
	}
	// Under other rules kind and status would be others.
	if !p.current(projection.SessionsName) {
		return columns
	}
	return append(columns,
		column{name: "kind", want: want.Kind.String(), got: row.Kind},
		column{name: "status", want: want.Status.String(), got: row.Status})
}

func (p *chunkPass) checkSteps(about Finding, steps []kyc.Track, rows []StepRow) {
	for i, step := range steps {
		n := slices.IndexFunc(rows, func(r StepRow) bool { return r.StepID == string(step.StepID) })
		if n < 0 {
			p.found(about.of(StepMissing, fmt.Sprintf("a row of the session's step number %d", i+1), "none"))
			continue
		}
		row := rows[n]
		rows = slices.Delete(rows, n, n+1)
		if expected, found, any := differs(stepColumns(step, row)); any {
			which := fmt.Sprintf(" of the session's step number %d", i+1)
			p.found(about.of(StepDiffers, expected+which, found))
		}
	}
	for range rows {
		p.found(about.of(StepExtra, fmt.Sprintf("%d steps of the session", len(steps)), "a row of another"))
	}
}

func stepColumns(want kyc.Track, row StepRow) []column {
	return []column{
		{name: "service", want: string(want.Service), got: row.Service},
		{name: "status", want: want.Status.String(), got: row.Status},
		{name: "reason", want: want.Reason, got: row.Reason, private: true},
		{name: "submissions", want: int64(want.Submissions), got: row.Submissions},
		{name: "updated_at", want: stamp(want.UpdatedAt), got: stamp(row.UpdatedAt)},
	}
}

// stateDiffers names the first part in which two states are not the same; empty
// if they are.
func stateDiffers(a, b kyc.State) string {
	for _, part := range []struct {
		name string
		same bool
	}{
		{"version", a.Version == b.Version},
		{"position", a.Position == b.Position},
		{"cycle", a.Cycle == b.Cycle},
		{"opened_at", a.OpenedAt.Equal(b.OpenedAt)},
		{"updated_at", a.UpdatedAt.Equal(b.UpdatedAt)},
		{"form", a.CompanyForm == b.CompanyForm},
		{"unknown", a.Unknown == b.Unknown},
		{"the session's own track", a.Track == b.Track},
		{"the steps", slices.Equal(a.Steps, b.Steps)},
		{"the open flags", slices.Equal(a.Flags, b.Flags)},
	} {
		if !part.same {
			return part.name
		}
	}
	return ""
}
