package httpapi

import (
	"context"
	"net/http"

	"dossier/application/query"
	"dossier/domain/kyc"
)

var listSessions = operation{
	id: "list-sessions", method: http.MethodGet, path: "/v1/sessions", tag: "Sessions",
	summary: "List sessions",
	description: "Newest change first. Stable under writes: a session that changes while you page moves to the front, " +
		"and no page shows it twice.",
	roles: everyRole, problems: withReads(invalidCursor), example: exampleSessions(),
}

type sessionsInput struct {
	Freshness
	App           appWord     `query:"app" doc:"Only sessions of this app."`
	Status        overallWord `query:"status" doc:"Only sessions with this overall status."`
	Kind          kindWord    `query:"kind" doc:"Only sessions of this kind."`
	Service       string      `query:"service" maxLength:"200" example:"LIVENESS" doc:"Only sessions with a step of this service."`
	Flagged       choice      `query:"flagged" doc:"Only sessions with open flags (true) or without (false)."`
	UpdatedAfter  instant     `query:"updated_after" doc:"Only sessions that changed after this time."`
	UpdatedBefore instant     `query:"updated_before" doc:"Only sessions that did not change at or after this time."`
	Limit         int         `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many to answer at most."`
	Cursor        string      `query:"cursor" doc:"next_cursor of the page before."`
}

type sessionsOutput struct {
	Position int64 `header:"Dossier-Position" doc:"What the read model has seen."`
	Body     encoded[sessionPage]
}

// sessionPage is one page of sessions.
type sessionPage struct {
	Sessions   []session `json:"sessions" nullable:"false"`
	NextCursor string    `json:"next_cursor" doc:"For the next page; empty on the last one."`
}

func (a *api) listSessions(ctx context.Context, in *sessionsInput) (*sessionsOutput, error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	list := in.fingerprint()
	below, err := parseCursor(list, in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := a.Reads.Sessions(ctx, filter, below, in.Limit, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, page.Position)
	}
	return &sessionsOutput{Position: page.Position, Body: encode(sessionPage{
		Sessions: each(page.Sessions, sessionOf), NextCursor: cursor(list, page.More),
	})}, nil
}

// filter returns the zero value for what was not given.
func (in *sessionsInput) filter() (query.SessionFilter, error) {
	if !storable(in.Service) {
		return query.SessionFilter{}, invalid("query.service", "text without NUL is expected")
	}
	status, _ := kyc.ParseOverall(string(in.Status))
	kind, _ := kyc.ParseKind(string(in.Kind))
	return query.SessionFilter{
		App: kyc.App(in.App), Status: status, Kind: kind, Service: kyc.Service(in.Service),
		Flagged: in.Flagged.pointer(), UpdatedAfter: in.UpdatedAfter.at, UpdatedBefore: in.UpdatedBefore.at,
	}, nil
}

func (in *sessionsInput) fingerprint() string {
	return fingerprint("sessions", string(in.App), string(in.Status), string(in.Kind), in.Service,
		in.Flagged.text(), stamp(in.UpdatedAfter.at), stamp(in.UpdatedBefore.at))
}
