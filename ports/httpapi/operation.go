package httpapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/access"
	"dossier/ports/problem"
)

// maxBody is far above the longest note, written in escapes.
const maxBody = 64 << 10

// operation describes one call; each is a variable beside the method that
// answers it.
type operation struct {
	id, method, path     string
	tag                  string
	summary, description string
	roles                func() []access.Role // nil: no token is needed
	recorded             recording            // in the access log, of calls with a token
	problems             []problem.Problem    // beyond those that every call can have
	example              any                  // of the answer
	others               map[string]*huma.Response
}

// operation returns what huma is told of a call.
func (a *api) operation(o operation) huma.Operation {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Tags: []string{o.tag},
		Summary: o.summary, Description: o.description,
		MaxBodyBytes: maxBody,
		Security:     []map[string][]string{{}}, // explicitly none
		Responses: map[string]*huma.Response{"200": {
			Content: map[string]*huma.MediaType{"application/json": {Example: o.example}},
		}},
	}
	problems := slices.Concat(o.problems, []problem.Problem{notAcceptable, invalidRequest, problem.Internal})
	if o.roles != nil {
		op.Middlewares = huma.Middlewares{a.require(o.roles(), o.recorded)}
		op.Security = []map[string][]string{{bearerScheme: {}}}
		op.Description += "\n\nRoles: " + roleNames(o.roles()) + "." + o.recorded.note()
		problems = append(problems, problem.Unauthorized, problem.Forbidden, unavailable)
		if o.recorded != ofNobody {
			problems = append(problems, notRecorded)
		}
	}
	addProblems(op.Responses, problems)
	for status, response := range o.others {
		op.Responses[status] = response
	}
	return op
}

func roleNames(roles []access.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.String()
	}
	return strings.Join(names, ", ")
}

// addProblems describes problems: one response for each status, one example
// for each type.
func addProblems(responses map[string]*huma.Response, problems []problem.Problem) {
	for _, p := range problems {
		status := strconv.Itoa(p.Status)
		if responses[status] == nil {
			responses[status] = &huma.Response{
				Description: http.StatusText(p.Status),
				Content: map[string]*huma.MediaType{problem.ContentType: {
					Schema:   &huma.Schema{Ref: problemRef},
					Examples: map[string]*huma.Example{},
				}},
				Headers: problemHeaders(p.Status),
			}
		}
		responses[status].Content[problem.ContentType].Examples[p.Type] = &huma.Example{Summary: p.Title, Value: p}
	}
}

// problemHeaders describes the headers that problems of a status have beside
// their body.
func problemHeaders(status int) map[string]*huma.Param {
	text := func(description, example string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
	}
	seen := &huma.Param{
		Description: "What the read model has seen, if one was asked.",
		Schema:      &huma.Schema{Type: huma.TypeInteger, Format: "int64"},
	}
	switch status {
	case http.StatusUnauthorized:
		return map[string]*huma.Param{"WWW-Authenticate": text("How to authenticate.", challenge)}
	case http.StatusNotFound:
		return map[string]*huma.Param{positionHeader: seen}
	case http.StatusServiceUnavailable:
		return map[string]*huma.Param{
			positionHeader: seen,
			"Retry-After":  text("Seconds to wait before trying again.", "1"),
		}
	default:
		return nil
	}
}
