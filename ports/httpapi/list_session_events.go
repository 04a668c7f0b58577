package httpapi

import (
	"context"
	"net/http"
)

var listSessionEvents = operation{
	id: "list-session-events", method: http.MethodGet, path: "/v1/sessions/{app}/{session_id}/events", tag: "Events",
	summary:     "Read a session's timeline",
	description: "The session's events in order: all that happened to it, repetitions and flags included.",
	roles:       everyRole, problems: withReads(sessionNotFound), example: exampleEvents("next_after_version"),
}

type timelineInput struct {
	StreamPath
	Freshness
	AfterVersion int64 `query:"after_version" default:"0" minimum:"0" doc:"Only events after this version: next_after_version of the page before."`
	Limit        int   `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many to answer at most."`
}

type timelineOutput struct {
	Position int64 `header:"Dossier-Position" doc:"The head of the log."`
	Body     encoded[timelinePage]
}

// timelinePage is one page of a session's events.
type timelinePage struct {
	Events []event `json:"events" nullable:"false"`
	Next   int64   `json:"next_after_version" doc:"The last version in this page: after_version of the next."`
}

func (a *api) listSessionEvents(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
	stream, err := in.stream(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.Reads.Timeline(ctx, stream, in.AfterVersion, in.Limit, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, page.Position)
	}
	body := encodePage[timelinePage](page.Events, "next_after_version", page.Next)
	return &timelineOutput{Position: page.Position, Body: body}, nil
}
