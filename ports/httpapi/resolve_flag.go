package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

var resolveFlag = operation{
	id: "resolve-flag", method: http.MethodPost, path: "/v1/flags/{position}/resolution", tag: "Flags",
	summary: "Decide a flag",
	description: "`accept` applies the held status whatever the machine says; `dismiss` leaves the status as it is. Where " +
		"nothing is held, either just closes the flag. The decision is recorded for good, with the note and the name of " +
		"the token. A flag is decided once.",
	roles: rulers, example: resolution{Decision: accept, Flag: 12, Position: 40, Version: 7},
	problems: []problem.Problem{
		malformedBody, requestTimeout, problem.BodyTooLarge, unsupportedMedia,
		problem.Of(command.ErrFlagNotFound), problem.Of(kyc.ErrFlagNotOpen), problem.Of(kyc.ErrNoteRequired),
		problem.Of(eventlog.ErrBusy), problem.Of(eventlog.ErrUnavailable), problem.Of(eventlog.ErrOutcomeUnknown),
		problem.Of(eventlog.ErrNotReplicated),
		problem.Of(eventlog.ErrClosed), problem.Of(context.Canceled),
	},
}

type resolveInput struct {
	Position int64 `path:"position" minimum:"1" example:"12" doc:"The position of the flag."`
	Body     rulingRequest
}

// rulingRequest is what a person decides.
type rulingRequest struct {
	Decision decisionWord `json:"decision" doc:"Apply the held status, or leave the status as it is."`
	Note     string       `json:"note" maxLength:"4000" example:"Checked with the provider: the document is genuine." doc:"Why. It must not be blank."`
}

type resolveOutput struct {
	Position int64 `header:"Dossier-Position" doc:"The last position written: min_position of a read that must see the decision."`
	Body     encoded[resolution]
}

// resolution says what a decision wrote.
type resolution struct {
	Decision decisionWord `json:"decision"`
	Flag     int64        `json:"flag" doc:"The position of the flag."`
	Position int64        `json:"position" doc:"Of the first event that the decision wrote."`
	Version  int64        `json:"version" doc:"Of that event, in the session's history."`
}

// decisionWord is a decision that a person can make.
type decisionWord string

const accept decisionWord = "accept"

// Schema implements huma.SchemaProvider.
func (decisionWord) Schema(huma.Registry) *huma.Schema {
	return oneOf([]any{kyc.ResolvedAccept.String(), kyc.ResolvedDismiss.String()})
}

func (a *api) resolveFlag(ctx context.Context, in *resolveInput) (*resolveOutput, error) {
	if !storable(in.Body.Note) {
		return nil, invalid("body.note", "text without NUL is expected")
	}
	c := callOf(ctx)
	// huma set a deadline for reading the body. Left in place it would cut off
	// a decision that waits for the log.
	c.mayWait()
	receipt, err := a.Resolve.Handle(ctx, kyc.Ruling{
		Flag: in.Position, Accept: in.Body.Decision == accept, By: c.caller.Name, Note: in.Body.Note,
	})
	if err != nil {
		return nil, a.fail(ctx, err, 0)
	}
	return &resolveOutput{Position: receipt.Last, Body: encode(resolution{
		Decision: in.Body.Decision, Flag: in.Position, Position: receipt.Position, Version: receipt.Version,
	})}, nil
}
