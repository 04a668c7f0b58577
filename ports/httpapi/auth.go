package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dossier/application/access"
	"dossier/ports/problem"
)

// Who may make a call. Design 4.3 is the source.
func everyRole() []access.Role { return access.Roles() }
func flagReaders() []access.Role {
	return []access.Role{access.Reviewer, access.Auditor, access.Admin}
}
func rulers() []access.Role { return []access.Role{access.Reviewer, access.Admin} }
func admins() []access.Role { return []access.Role{access.Admin} }

// challenge is the WWW-Authenticate of RFC 6750.
const challenge = `Bearer realm="dossier"`

// require lets a call pass only with a token of one of the roles, and when it
// is recorded if it has to be.
func (a *api) require(roles []access.Role, recorded recording) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		principal, refusal := a.authenticate(r, w)
		if refusal == nil && recorded.covers(principal.Role) {
			refusal = a.record(ctx, principal)
		}
		switch {
		case refusal != nil:
			refusal.Write(w)
		case !slices.Contains(roles, principal.Role):
			problem.Forbidden.With("The role " + principal.Role.String() + " may not do this.").Write(w)
		default:
			next(ctx)
		}
	}
}

// authenticate tells who makes a call, or how it is refused.
func (a *api) authenticate(r *http.Request, w http.ResponseWriter) (access.Principal, *problem.Problem) {
	token, ok := bearer(r.Header.Get("Authorization"))
	if !ok {
		w.Header().Set("WWW-Authenticate", challenge)
		p := problem.Unauthorized.With("A bearer token is required.")
		return access.Principal{}, &p
	}
	principal, known, err := a.Auth.Authenticate(r.Context(), token, a.Now())
	if err != nil {
		// Not 401: the token may be good, and a caller must not throw it away.
		a.logFault(r.Context(), err)
		return access.Principal{}, &unavailable
	}
	if !known {
		w.Header().Set("WWW-Authenticate", challenge+`, error="invalid_token"`)
		p := problem.Unauthorized.With("The token is unknown or was revoked.")
		return access.Principal{}, &p
	}
	callOf(r.Context()).caller = principal
	return principal, nil
}

// bearer takes the token out of an Authorization header.
func bearer(header string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}
