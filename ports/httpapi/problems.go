package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"dossier/application/query"
	"dossier/ports/problem"
)

// positionHeader tells what an answer has seen.
const positionHeader = "Dossier-Position"

// The problems that only this port has.
var (
	invalidRequest   = problem.Problem{Type: "invalid-request", Title: "The request is invalid", Status: http.StatusUnprocessableEntity}
	invalidCursor    = problem.Problem{Type: "invalid-cursor", Title: "The cursor is invalid", Status: http.StatusUnprocessableEntity}
	malformedBody    = problem.Problem{Type: "malformed-body", Title: "The body is malformed", Status: http.StatusBadRequest}
	notAcceptable    = problem.Problem{Type: "not-acceptable", Title: "Only JSON can be answered", Status: http.StatusNotAcceptable}
	requestTimeout   = problem.Problem{Type: "request-timeout", Title: "The body came too slowly", Status: http.StatusRequestTimeout}
	unsupportedMedia = problem.Problem{Type: "unsupported-media-type", Title: "Only JSON is read", Status: http.StatusUnsupportedMediaType}
	otherHistory     = problem.Problem{Type: "other-history", Title: "The log does not have that event", Status: http.StatusBadRequest}
	sessionNotFound  = problem.Problem{Type: "session-not-found", Title: "No such session", Status: http.StatusNotFound}
	versionNotFound  = problem.Problem{Type: "version-not-found", Title: "The session had no such version", Status: http.StatusNotFound}
	staleReadModel   = problem.Problem{Type: "stale-read-model", Title: "The read model is not that far yet", Status: http.StatusServiceUnavailable, RetryAfter: problem.RetryAfter}
	notRecorded      = problem.Problem{Type: "access-not-recorded", Title: "The access can't be recorded now, and is not answered without", Status: http.StatusServiceUnavailable, RetryAfter: problem.RetryAfter}
	unavailable      = problem.Problem{Type: "unavailable", Title: "Tokens can't be checked now", Status: http.StatusServiceUnavailable, RetryAfter: problem.RetryAfter}
)

// failure is a problem as an error of a call: with what is wrong field by
// field, and what the read model has.
type failure struct {
	problem.Problem
	Errors   []fieldError `json:"errors,omitempty"`
	Position *int64       `json:"position,omitempty"` // of a stale read model, or the head
	seen     *int64       // sent as a header only
}

// fieldError says what is wrong with one field. It never repeats the value.
type fieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// GetStatus returns the status of the answer.
func (f *failure) GetStatus() int { return f.Status }

// GetHeaders returns the headers of the answer.
func (f *failure) GetHeaders() http.Header {
	h := http.Header{}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
	}
	if f.seen != nil {
		h.Set(positionHeader, strconv.FormatInt(*f.seen, 10))
	}
	return h
}

// ContentType returns the media type of a problem.
func (*failure) ContentType(string) string { return problem.ContentType }

// invalid refuses one field of a request.
func invalid(field, message string) error {
	return &failure{Problem: invalidRequest, Errors: []fieldError{{field, message}}}
}

// fail returns the failure of an error that a query or a command returned, with
// the position that the answer has seen. It logs what is our own fault.
func (a *api) fail(ctx context.Context, err error, position int64) error {
	if stale, ok := errors.AsType[*query.StaleError](err); ok {
		p := staleReadModel.With(fmt.Sprintf("It has position %d, not yet %d.", stale.Have, stale.Want))
		return &failure{Problem: p, Position: &stale.Have, seen: &stale.Have}
	}
	if lost, ok := errors.AsType[*query.LostPlaceError](err); ok {
		p := otherHistory.With(fmt.Sprintf("The event at position %d is another one, or there is none. The head is %d. "+
			"The log was cut back, by a failover that lost events or by a backup that was put back.", lost.At.Position, lost.Head))
		return &failure{Problem: p, Position: &lost.Head}
	}
	switch {
	case errors.Is(err, query.ErrNoSuchSession):
		return &failure{Problem: sessionNotFound, seen: &position}
	case errors.Is(err, query.ErrNoSuchVersion):
		return &failure{Problem: versionNotFound, seen: &position}
	}
	p := problem.Of(err)
	if p.Type == problem.Internal.Type {
		a.logFault(ctx, err)
	}
	return &failure{Problem: p}
}

// problemOfStatus returns the problem for an error that has only a status.
func problemOfStatus(status int) problem.Problem {
	for _, p := range []problem.Problem{
		malformedBody, problem.NotFound, problem.MethodNotAllowed, notAcceptable,
		requestTimeout, problem.BodyTooLarge, unsupportedMedia, invalidRequest, problem.Internal,
	} {
		if p.Status == status {
			return p
		}
	}
	title := http.StatusText(status)
	slug := strings.ToLower(strings.ReplaceAll(title, " ", "-"))
	return problem.Problem{Type: slug, Title: title, Status: status}
}
