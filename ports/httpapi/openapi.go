package httpapi

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

const (
	schemaPrefix = "#/components/schemas/"
	problemRef   = schemaPrefix + "Problem"
	bearerScheme = "bearer"
)

const about = `Dossier keeps the legal truth about identity verifications: every report of the provider is an
immutable event, a state machine decides what each may change, and what should not have happened is flagged.

**Reading your own writes.** Every answer of a read model carries the header ` + "`Dossier-Position`" + `: the position in
the log that it has seen. Send it as ` + "`min_position`" + ` with a later call to get an answer that has seen at least that;
the call waits up to ` + "`wait`" + ` for it, and answers 503 ` + "`stale-read-model`" + ` after that.

**Problems** are ` + "`application/problem+json`" + ` (RFC 9457). Their ` + "`type`" + ` is a stable word that programs may compare.

**Cursors** are opaque, and belong to the filter that they were made with.`

// openAPI is the part of the description that belongs to no call.
func (a *api) openAPI() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: "Dossier", Version: a.Version, Description: about},
		Tags: []*huma.Tag{
			{Name: "Sessions", Description: "Verifications of people and companies, now and at any moment of their past."},
			{Name: "Events", Description: "The log: what was recorded, as it was recorded."},
			{Name: "Proofs", Description: "That nothing was changed or left out. The transparency log itself is served under /log/, as C2SP tlog-tiles."},
			{Name: "Flags", Description: "What should not have happened, and what a person decided of it."},
			{Name: "Statistics", Description: "What happened, counted."},
			{Name: "Access", Description: "Who read or exported what."},
			{Name: "Service", Description: "How the service is."},
		},
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{bearerScheme: {
				Type: "http", Scheme: "bearer",
				Description: "A token made by `dossier token`, with one of the roles reader, reviewer, auditor and admin.",
			}},
		},
	}
}

// finished returns the description as it is served.
func finished(o *huma.OpenAPI) []byte {
	schemas := o.Components.Schemas.Map()
	// huma describes its own errors, which asProblem never lets out.
	delete(schemas, "ErrorModel")
	delete(schemas, "ErrorDetail")
	schemas["Problem"] = problemSchema()
	leaveOpen(schemas)
	explainHeaders(o)
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // a programmer's mistake, at start-up
	}
	return text
}

// leaveOpen lets answers have members that this version does not know, so that
// a program that checks them against this description survives the next one.
func leaveOpen(schemas map[string]*huma.Schema) {
	for name, s := range schemas {
		if name != "RulingRequest" { // what we read stays strict
			s.AdditionalProperties = nil
		}
	}
}

// explainHeaders repeats the description of a header's schema at the header,
// where viewers look for it.
func explainHeaders(o *huma.OpenAPI) {
	for _, item := range o.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post} {
			if op == nil {
				continue
			}
			for _, response := range op.Responses {
				for _, header := range response.Headers {
					header.Description = cmp.Or(header.Description, header.Schema.Description)
				}
			}
		}
	}
}

func problemSchema() *huma.Schema {
	text := func(description string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, Description: description}
	}
	return &huma.Schema{
		Type:        huma.TypeObject,
		Description: "An answer to a call that failed (RFC 9457).",
		Required:    []string{"type", "title", "status"},
		Properties: map[string]*huma.Schema{
			"type":   text("A stable word that programs may compare."),
			"title":  text("What the type means."),
			"status": {Type: huma.TypeInteger, Description: "The status of the answer."},
			"detail": text("What happened this time, for people."),
			"position": {Type: huma.TypeInteger, Format: "int64",
				Description: "With `stale-read-model`: the position that the read model has. With `position-beyond-head` and `other-history`: the head of the log."},
			"errors": {
				Type: huma.TypeArray, Description: "With `invalid-request`: what is wrong, field by field.",
				Items: &huma.Schema{
					Type: huma.TypeObject, Required: []string{"field", "message"},
					Properties: map[string]*huma.Schema{
						"field":   text("The place of the field, such as `query.limit`."),
						"message": text("What is expected of it."),
					},
				},
			},
		},
	}
}

// serveDescription serves a description of the service, which anyone may read.
func serveDescription(text []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-cache")
		// A client that went away can't be told so.
		_, _ = w.Write(text)
	}
}
