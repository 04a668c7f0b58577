package httpapi

import (
	"net/http"
	"net/url"
	"slices"

	"dossier/application/accesslog"
	"dossier/ports/problem"
)

// readLogEntries names the call for the access log, as an operation does.
const readLogEntries = "read-log-entries"

// entriesPath is where the tiles are that hold events.
const entriesPath = "/log/tile/entries/"

// serveLog mounts the transparency log. It is served as its own specification
// says, and described there, so it is no part of the description of the API.
func (a *api) serveLog(mux *http.ServeMux) {
	mux.Handle("/log/", a.Log)
	mux.Handle(entriesPath, a.guarded(a.LogEntries))
}

// guarded lets a call pass that may read events, and records it if an auditor
// makes it.
func (a *api) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, refusal := a.authenticate(r, w)
		if refusal == nil && ofAuditors.covers(principal.Role) {
			asked := url.Values{"path": {r.URL.Path}}
			refusal = a.enter(r.Context(), principal, accesslog.Entry{Action: readLogEntries, Detail: asText(asked)})
		}
		switch {
		case refusal != nil:
			refusal.Write(w)
		case !slices.Contains(everyRole(), principal.Role):
			problem.Forbidden.With("The role " + principal.Role.String() + " may not do this.").Write(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
