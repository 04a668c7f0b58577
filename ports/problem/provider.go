package problem

import (
	"errors"
	"net/http"
	"time"

	"dossier/application/reconcile"
)

// The problems of what needs the provider's API.
var (
	sessionRestless     = Problem{Type: "session-restless", Title: "The session kept changing while the provider was asked", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
	stepNotFound        = Problem{Type: "step-not-found", Title: "No such step", Status: http.StatusNotFound}
	purposeRequired     = Problem{Type: "purpose-required", Title: "A purpose is required", Status: http.StatusUnprocessableEntity}
	noProviderKey       = Problem{Type: "no-provider-key", Title: "No key of the provider's API is configured for the app", Status: http.StatusConflict}
	providerRefused     = Problem{Type: "provider-refused", Title: "The provider's API refuses", Status: http.StatusBadGateway}
	providerAnswer      = Problem{Type: "provider-answer", Title: "The provider's API answers what can't be read", Status: http.StatusBadGateway}
	providerUnavailable = Problem{Type: "provider-unavailable", Title: "The provider's API does not answer now", Status: http.StatusServiceUnavailable, RetryAfter: RetryAfter}
)

// after returns the problem with the wait that the provider asked for, if it is
// longer, in whole seconds.
func (p Problem) after(err error) Problem {
	if u, ok := errors.AsType[*reconcile.Unavailable](err); ok {
		p.RetryAfter = max(p.RetryAfter, (u.RetryAfter + time.Second - 1).Truncate(time.Second))
	}
	return p
}
