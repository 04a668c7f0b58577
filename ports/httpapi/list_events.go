package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

var listEvents = operation{
	id: "list-events", method: http.MethodGet, path: "/v1/events", tag: "Events",
	summary: "Read the log",
	description: "Events of all sessions in the order of the log. A page looks at a bounded part of the log, so with a " +
		"filter it may hold fewer events than asked for, even none, before the head is reached: go on from `next_after` " +
		"until it is the `Dossier-Position`.\n\n" +
		"Who accepts `text/event-stream`, by its name, gets a live stream instead, which does not end: every event as " +
		"`id` (its position), `event` (its type) and `data` (its JSON, as in `events`), and a comment now and then. " +
		"It goes on after `Last-Event-ID` without a gap or a repetition; docs/live.md says more.\n\n" +
		"A failover to a standby that lagged can cut the log back, and others then stand at the same positions. Who says " +
		"which event it goes on behind is told so: `other-history`.",
	roles: everyRole, problems: withReads(badLastEventID, beyondHead, otherHistory, tooManyStreams), example: exampleEvents("next_after"),
}

type eventsInput struct {
	Freshness
	After      int64   `query:"after" default:"0" minimum:"0" doc:"Only events after this position: next_after of the page before."`
	AfterEvent string  `query:"after_event" pattern:"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$" patternDescription:"the id of an event" example:"019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90" doc:"The event_id of the event at after, which the log must still have there: else the answer is other-history."`
	Limit      int     `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"How many to answer at most."`
	App        appWord `query:"app" doc:"Only events of this app."`
	Type       string  `query:"type" pattern:"^[a-z0-9_.]{1,100}$" patternDescription:"the name of an event type" example:"kyc.status_changed.v1" doc:"Only events of this type."`
	// A problem of its own tells a client that keeps it from one that types it.
	LastEventID string `header:"Last-Event-ID" example:"12" doc:"For a live stream: only events after this one, whatever after says. A position, or a position and the event_id there, as in 12:019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90, which the log must still have."`
}

type eventsOutput struct {
	Position int64 `header:"Dossier-Position" doc:"The head of the log."`
	Body     func(huma.Context)
}

// eventsPage is one page of the log.
type eventsPage struct {
	Events []event `json:"events" nullable:"false"`
	Next   int64   `json:"next_after" doc:"How far the log was looked through: after of the next page."`
}

func (a *api) listEvents(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	if wantsStream(callOf(ctx).request.Header["Accept"]) {
		return a.streamEvents(ctx, in)
	}
	filter := eventlog.Filter{App: kyc.App(in.App), Type: in.Type}
	at, err := in.place()
	if err != nil {
		return nil, err
	}
	page, err := a.Reads.Events(ctx, filter, at, in.Limit, in.fresh())
	if err != nil {
		return nil, a.fail(ctx, err, page.Position)
	}
	body := encodePage[eventsPage](page.Events, "next_after", page.Next)
	return &eventsOutput{Position: page.Position, Body: body.write}, nil
}

// describeEvents completes the description of a call whose body is written by
// hand, because it has two forms.
func describeEvents(op huma.Operation, schemas huma.Registry) huma.Operation {
	content := op.Responses["200"].Content
	content["application/json"].Schema = encoded[eventsPage]{}.Schema(schemas)
	content[eventStreamType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}, Example: exampleStreamed()}
	return op
}
