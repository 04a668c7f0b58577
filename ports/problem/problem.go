// Package problem holds what an HTTP caller is told when a call fails: RFC 9457
// problems with a stable type. It is the one place where errors of the domain
// and the log become HTTP answers.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// RetryAfter is how long a caller of a refused but healthy service should wait.
const RetryAfter = time.Second

// Problem is an answer to a call that failed. The type is a slug that programs
// may compare; its meaning never changes. The detail is for people and never
// repeats a secret or a session id.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// RetryAfter is sent as the header of that name, in whole seconds; 0: none.
	RetryAfter time.Duration `json:"-"`
}

// Error returns the title and the detail.
func (p Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// With returns the problem with another detail.
func (p Problem) With(detail string) Problem {
	p.Detail = detail
	return p
}

// The problems that have the same meaning in every port.
var (
	Internal         = Problem{Type: "internal", Title: "Internal error", Status: http.StatusInternalServerError}
	Unauthorized     = Problem{Type: "unauthorized", Title: "Unauthorized", Status: http.StatusUnauthorized}
	Forbidden        = Problem{Type: "forbidden", Title: "Forbidden", Status: http.StatusForbidden}
	NotFound         = Problem{Type: "not-found", Title: "Not found", Status: http.StatusNotFound}
	MethodNotAllowed = Problem{Type: "method-not-allowed", Title: "Method not allowed", Status: http.StatusMethodNotAllowed}
	BodyTooLarge     = Problem{Type: "body-too-large", Title: "Body too large", Status: http.StatusRequestEntityTooLarge}

	logBusy        = Problem{Type: "log-busy", Title: "The event log is busy", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	logUnavailable = Problem{Type: "log-unavailable", Title: "The event log is unavailable", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	staleDatabase  = Problem{Type: "stale-database", Title: "The database is behind what is known to be committed", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	modelAhead     = Problem{Type: "read-model-ahead", Title: "The read model has events that the log lacks, and is being built anew", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	outcomeUnknown = Problem{Type: "outcome-unknown", Title: "The outcome is unknown, send it again", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	notReplicated  = Problem{Type: "not-replicated", Title: "No synchronous standby has confirmed it, send it again", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	shuttingDown   = Problem{Type: "shutting-down", Title: "The service is shutting down", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	interrupted    = Problem{Type: "interrupted", Title: "The call was interrupted, send it again", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	unstorable     = Problem{Type: "unstorable", Title: "The event can't be stored", Status: http.StatusBadRequest}
	flagNotFound   = Problem{Type: "flag-not-found", Title: "No such flag", Status: http.StatusNotFound}
	flagNotOpen    = Problem{Type: "flag-not-open", Title: "The flag is not open", Status: http.StatusConflict}
	noteRequired   = Problem{Type: "note-required", Title: "A note is required", Status: http.StatusUnprocessableEntity}
)

// Of returns the problem of an error: a Problem as it is, the errors of the
// domain and the log as theirs, and everything else as an internal error
// without its text, which may hold what a caller must not see.
func Of(err error) Problem {
	if p, ok := errors.AsType[Problem](err); ok {
		return p
	}
	for _, known := range []struct {
		err     error
		problem Problem
	}{
		{eventlog.ErrNotReplicated, notReplicated},
		{eventlog.ErrBusy, logBusy},
		{eventlog.ErrBehind, staleDatabase},
		{projection.ErrAhead, modelAhead},
		{eventlog.ErrUnavailable, logUnavailable},
		{eventlog.ErrOutcomeUnknown, outcomeUnknown},
		{eventlog.ErrClosed, shuttingDown},
		{eventlog.ErrUnstorable, unstorable},
		{command.ErrFlagNotFound, flagNotFound},
		{kyc.ErrFlagNotOpen, flagNotOpen},
		{kyc.ErrNoteRequired, noteRequired},
		{command.ErrRestless, sessionRestless},
		{command.ErrStepNotFound, stepNotFound},
		{command.ErrPurposeRequired, purposeRequired},
		{reconcile.ErrNotFound, stepNotFound},
		{reconcile.ErrNoKey, noProviderKey},
		{reconcile.ErrRefused, providerRefused},
		{reconcile.ErrAnswer, providerAnswer},
		{reconcile.ErrUnavailable, providerUnavailable.after(err)},
		{context.Canceled, interrupted},
		{context.DeadlineExceeded, interrupted},
	} {
		if errors.Is(err, known.err) {
			return known.problem
		}
	}
	return Internal
}

// Write answers a call with the problem.
func (p Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.RetryAfter/time.Second)))
	}
	w.WriteHeader(p.Status)
	// A client that went away can't be told so.
	_ = json.NewEncoder(w).Encode(p)
}
