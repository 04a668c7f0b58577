package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// Sets of states that flags can be asked for by.
const (
	selectResolved = "resolved" // every state but open
	selectAll      = "all"
)

var listFlags = operation{
	id: "list-flags", method: http.MethodGet, path: "/v1/flags", tag: "Flags",
	summary:     "List flags",
	description: "Newest first; the open ones unless `state` says otherwise: one state, `resolved` for every state but open, or `all`.",
	roles:       flagReaders, problems: withReads(invalidCursor), example: exampleFlags(),
}

type flagsInput struct {
	Freshness
	State     selectionWord `query:"state" doc:"Only flags in this state."`
	App       appWord       `query:"app" doc:"Only flags of this app."`
	Violation violationWord `query:"violation" doc:"Only flags for this violation."`
	Severity  severityWord  `query:"severity" doc:"Only flags of this severity."`
	Limit     int           `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many to answer at most."`
	Cursor    string        `query:"cursor" doc:"next_cursor of the page before."`
}

type flagsOutput struct {
	Position int64 `header:"Dossier-Position" doc:"What the read model has seen."`
	Body     encoded[flagPage]
}

// flagPage is one page of flags.
type flagPage struct {
	Flags      []flag `json:"flags" nullable:"false"`
	NextCursor string `json:"next_cursor" doc:"For the next page; empty on the last one."`
}

func (a *api) listFlags(ctx context.Context, in *flagsInput) (*flagsOutput, error) {
	filter := in.filter()
	list := fingerprint("flags", filter.State.String(), strconv.FormatBool(filter.Closed),
		string(in.App), string(in.Violation), string(in.Severity))
	below, err := parseCursor(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := a.Reads.Flags(ctx, filter, below, in.Limit, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, page.Position)
	}
	return &flagsOutput{Position: page.Position, Body: encode(flagPage{
		Flags: each(page.Flags, flagOf), NextCursor: cursor(list, page.More),
	})}, nil
}

func (in *flagsInput) filter() query.FlagFilter {
	violation, _ := kyc.ParseViolation(string(in.Violation))
	severity, _ := kyc.ParseSeverity(string(in.Severity))
	filter := query.FlagFilter{App: kyc.App(in.App), Violation: violation, Severity: severity}
	switch in.State {
	case "":
		filter.State = projection.FlagOpen
	case selectResolved:
		filter.Closed = true
	default:
		filter.State, _ = projection.ParseFlagState(string(in.State)) // none for all
	}
	return filter
}
