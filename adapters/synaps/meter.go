package synaps

import (
	"context"
	"errors"
	"net/http"
	"time"

	"dossier/application/reconcile"
)

// Meter counts requests. It must be safe for concurrent use. Call is "overview"
// or "details"; outcome is what [Outcomes] lists.
type Meter interface {
	// SynapsCall is called after each request, a repetition too.
	SynapsCall(call, outcome string, took time.Duration)
	// SynapsWaited tells how long a request waited for the budget, also in vain.
	SynapsWaited(waited time.Duration)
}

type unmetered struct{}

func (unmetered) SynapsCall(string, string, time.Duration) {}
func (unmetered) SynapsWaited(time.Duration)               {}

// The calls that a meter tells apart.
const (
	callOverview = "overview"
	callDetails  = "details"
)

// The outcomes of a request.
const (
	outcomeAnswered    = "answered"
	outcomeNotFound    = "not-found"
	outcomeRefused     = "refused"
	outcomeUnreadable  = "unreadable"
	outcomeLimited     = "limited"     // 429
	outcomeUnavailable = "unavailable" // 5xx
	outcomeSilent      = "no-answer"
	outcomeInterrupted = "interrupted" // by the caller
)

func outcomeOf(err error) string {
	unavailable, _ := errors.AsType[*reconcile.Unavailable](err)
	switch {
	case err == nil:
		return outcomeAnswered
	case errors.Is(err, reconcile.ErrNotFound):
		return outcomeNotFound
	case errors.Is(err, reconcile.ErrRefused):
		return outcomeRefused
	case errors.Is(err, reconcile.ErrAnswer):
		return outcomeUnreadable
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), unavailable == nil:
		return outcomeInterrupted
	case unavailable.Status == 0:
		return outcomeSilent
	case unavailable.Status == http.StatusTooManyRequests:
		return outcomeLimited
	default:
		return outcomeUnavailable
	}
}
