package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// purposeHeader says why details are asked for, where that must not stand in a
// URL.
const purposeHeader = "Dossier-Purpose"

// serviceName is the form of what a company's step is asked for by. It becomes
// a part of a path at the provider.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

var getDetails = operation{
	id: "get-step-details", method: http.MethodGet, path: "/v1/sessions/{app}/{session_id}/steps/{step_id}/details", tag: "Sessions",
	summary: "Look at what the provider keeps of a step",
	description: "The personal data of a step, as the provider's API answers them: byte by byte, and with its media type. " +
		"Nothing of them is stored or logged, and nobody on the way may keep them. Who looked at which step, and why, is recorded " +
		"in the session's history **before** they are answered, as `kyc.details_accessed.v1`: without a record there is no " +
		"answer.\n\n" +
		"The purpose is required, in the query or in the header `" + purposeHeader + "`. It is kept for good, and shown to who " +
		"may read events. URLs are often logged on their way: a purpose that names a person belongs in the header.",
	roles: flagReaders, example: exampleDetails(),
	problems: ofProvider(sessionNotFound, notRecorded, problem.Of(command.ErrStepNotFound), problem.Of(command.ErrPurposeRequired)),
}

type detailsInput struct {
	StreamPath
	StepID  string `path:"step_id" example:"1253242" doc:"The step, as the session has it. Of a company's session: the service."`
	Purpose string `query:"purpose" maxLength:"500" example:"Complaint 4711: the name is said to be wrong" doc:"Why. It must not be blank. Not together with the header."`
	Header  string `header:"Dossier-Purpose" maxLength:"500" doc:"Why, in UTF-8. Not together with the parameter."`
}

type detailsOutput struct {
	// It is described as the media type of the body.
	ContentType  string `header:"Content-Type" hidden:"true"`
	CacheControl string `header:"Cache-Control" doc:"Keep no copy of it on the way."`
	Position     int64  `header:"Dossier-Position" doc:"Where it is recorded who looked at it."`
	Body         []byte
}

func (a *api) getDetails(ctx context.Context, in *detailsInput) (*detailsOutput, error) {
	stream, err := in.stream(ctx)
	if err != nil {
		return nil, err
	}
	purpose, err := in.purpose()
	if err != nil {
		return nil, err
	}
	request, err := a.findStep(ctx, stream, kyc.StepID(in.StepID))
	if err != nil {
		return nil, err
	}
	limited, stop := asking(ctx)
	defer stop()
	details, err := a.Details.Details(limited, request)
	if err != nil {
		return nil, a.failProvider(ctx, err)
	}
	position, err := a.recordLook(ctx, stream, kyc.DetailsAccessed{
		StepID: request.StepID, By: callOf(ctx).caller.Name, Purpose: purpose,
	})
	if err != nil {
		return nil, err
	}
	return &detailsOutput{mediaType(details.ContentType), "no-store", position, details.Body}, nil
}

// purpose returns why details are asked for.
func (in *detailsInput) purpose() (string, error) {
	purpose := cmp.Or(in.Purpose, in.Header)
	switch {
	case in.Purpose != "" && in.Header != "":
		return "", invalid("query.purpose", "the purpose is expected in the query or in the header, not in both")
	case !storable(purpose):
		return "", invalid("query.purpose", "text in UTF-8 without NUL is expected")
	case strings.TrimSpace(purpose) == "":
		return "", &failure{Problem: problem.Of(command.ErrPurposeRequired)}
	}
	return purpose, nil
}

// findStep looks for a step in the log: the read model may be behind it.
func (a *api) findStep(ctx context.Context, stream eventlog.Stream, id kyc.StepID) (reconcile.DetailsRequest, error) {
	known, err := a.Reads.SessionReplayed(ctx, stream)
	if err != nil {
		return reconcile.DetailsRequest{}, a.fail(ctx, err, known.Position)
	}
	request, found := detailsOf(stream, known.Session.Kind, known.Session.State.Steps, id)
	if !found {
		return request, &failure{Problem: problem.Of(command.ErrStepNotFound), seen: &known.Position}
	}
	return request, nil
}

// recordLook records who is let look at a step, and returns where. With an error
// nothing may be shown.
func (a *api) recordLook(ctx context.Context, stream eventlog.Stream, look kyc.DetailsAccessed) (int64, error) {
	limited, stop := context.WithTimeout(ctx, recordLimit)
	defer stop()
	receipt, err := a.Accesses.Handle(limited, stream, look)
	switch {
	case err == nil:
		return receipt.Last, nil
	case errors.Is(err, command.ErrStepNotFound), errors.Is(err, command.ErrPurposeRequired):
		return 0, a.fail(ctx, err, 0)
	case ctx.Err() == nil: // else the caller went away
		a.logFault(ctx, err)
	}
	return 0, &failure{Problem: notRecorded}
}

// mediaType returns that of an answer of the provider. Without a valid one
// something on the way would guess.
func mediaType(given string) string {
	if _, _, err := mime.ParseMediaType(given); err != nil {
		return "application/octet-stream"
	}
	return given
}

// describeDetails completes the description of a call whose body is the
// provider's.
func describeDetails(op huma.Operation) huma.Operation {
	op.Responses["200"].Content["application/json"].Schema = &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "As the provider describes it, where its answer is JSON. It may change without notice.",
	}
	return op
}

func exampleDetails() json.RawMessage {
	return json.RawMessage(`{"id":"1253242","type":"PROOF_OF_ADDRESS","status":"APPROVED","document":{"country":"FRA"}}`)
}
