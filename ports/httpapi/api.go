package httpapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dossier/application/query"
	"dossier/ports/asyncapi"
)

// api holds what its calls need. Each call is a method in a file of its own.
type api struct {
	Config
	newest  *query.Live
	streams places
}

// New returns the API as a handler for every path that no other port serves:
// it also answers for the paths that do not exist.
func New(cfg Config) http.Handler {
	cfg.Live = cfg.Live.withDefaults()
	cfg = cfg.withProvider()
	a := &api{Config: cfg, newest: cfg.Reads.Live(), streams: places{most: cfg.Live.Most, meter: cfg.Live.Meter}}
	mux := http.NewServeMux()
	description := a.describe(humago.New(mux, a.framework()))
	mux.HandleFunc("GET /openapi.json", serveDescription(description))
	mux.HandleFunc("GET /asyncapi.json", serveDescription(asyncapi.Document(a.Version)))
	mux.HandleFunc("GET /docs", serveDocs)
	mux.HandleFunc("GET /docs/{file}", serveDocsFile)
	a.serveLog(mux)
	return a.entry(mux)
}

// framework configures huma without its global settings: errors are turned
// into problems by a transformer of this API alone.
func (a *api) framework() huma.Config {
	format := huma.Format{Marshal: writeJSON, Unmarshal: huma.DefaultJSONFormat.Unmarshal}
	return huma.Config{
		OpenAPI:       a.openAPI(),
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		// A misspelt filter must not answer as if there were none.
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
}

// describe registers every call and returns the finished description.
func (a *api) describe(h huma.API) []byte {
	h.UseMiddleware(refuseOtherMedia, refuseBadQuery)
	huma.Register(h, a.operation(listSessions), a.listSessions)
	huma.Register(h, a.operation(getSession), a.getSession)
	huma.Register(h, a.operation(listSessionEvents), a.listSessionEvents)
	huma.Register(h, a.operation(reconcileSession), a.reconcileSession)
	huma.Register(h, describeDetails(a.operation(getDetails)), a.getDetails)
	huma.Register(h, a.operation(exportEvidence), a.exportEvidence)
	huma.Register(h, describeEvents(a.operation(listEvents), h.OpenAPI().Components.Schemas), a.listEvents)
	huma.Register(h, a.operation(getProof), a.getProof)
	huma.Register(h, a.operation(getConsistency), a.getConsistency)
	huma.Register(h, a.operation(listFlags), a.listFlags)
	huma.Register(h, a.operation(resolveFlag), a.resolveFlag)
	huma.Register(h, a.operation(getStats), a.getStats)
	huma.Register(h, a.operation(listProjections), a.listProjections)
	huma.Register(h, a.operation(listAccessLog), a.listAccessLog)
	huma.Register(h, a.operation(getHealth), a.getHealth)
	huma.Register(h, a.operation(getReadiness), a.getReadiness)
	return finished(h.OpenAPI())
}
