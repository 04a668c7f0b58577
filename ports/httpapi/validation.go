package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"dossier/ports/problem"
)

// asProblem is the one place where errors that huma found become problems. It
// is a transformer of this API, so that huma's global NewError stays as it is.
// Only its messages about fields are kept: others may quote the request.
func asProblem(_ huma.Context, _ string, body any) (any, error) {
	model, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	f := &failure{Problem: problemOfStatus(model.Status)}
	switch model.Status {
	case http.StatusUnprocessableEntity:
		f.Errors = fieldErrors(model.Errors)
	case http.StatusBadRequest:
		f.Detail = "One JSON object is expected."
	}
	return f, nil
}

// fieldErrors keeps the place and the message, and drops the value: it may be a
// session id, or a note about a person.
func fieldErrors(details []*huma.ErrorDetail) []fieldError {
	var all []fieldError
	for _, d := range details {
		if d != nil {
			all = append(all, fieldError{fieldName(d.Location), d.Message})
		}
	}
	return all
}

// ourNames is the form of every parameter and member of ours. An unknown name
// of another form was chosen by the caller and may be anything.
var ourNames = regexp.MustCompile(`^(path|query|header|body)(\.[A-Za-z_]{1,40})?$`)

func fieldName(location string) string {
	if ourNames.MatchString(location) {
		return location
	}
	place, _, _ := strings.Cut(location, ".")
	return place
}

var (
	errMalformed = errors.New("the query is not well-formed: percent-encode its values")
	errNoValue   = errors.New("a parameter has no value: write name=value")
	errRepeated  = errors.New("a parameter may be given only once")
)

// checkQuery refuses queries of which huma would drop a part without a word:
// escapes that are none, names without "=", and repetitions.
func checkQuery(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return errMalformed
	}
	for part := range strings.SplitSeq(raw, "&") {
		if part != "" && !strings.Contains(part, "=") {
			return errNoValue
		}
	}
	for _, all := range values {
		if len(all) > 1 {
			return errRepeated
		}
	}
	return nil
}

// refuseBadQuery is checkQuery as a middleware.
func refuseBadQuery(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if r.URL.RawQuery != "" {
		if err := checkQuery(r.URL.RawQuery); err != nil {
			invalidRequest.With(sentence(err)).Write(w)
			return
		}
	}
	next(ctx)
}

// sentence makes an error of ours a detail for people.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// refuseOtherMedia answers callers that do not take JSON.
func refuseOtherMedia(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	if !takesJSON(r.Header["Accept"]) {
		notAcceptable.Write(w)
		return
	}
	next(ctx)
}

// takesJSON reads Accept headers; none of them means that anything is taken.
func takesJSON(accept []string) bool {
	for _, header := range accept {
		for part := range strings.SplitSeq(header, ",") {
			media, weight, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(media)) {
			case "*/*", "application/*", "application/json", problem.ContentType, "":
				if !refused(weight) {
					return true
				}
			}
		}
	}
	return len(accept) == 0
}

// refused says that the weight of a media type is zero.
func refused(weight string) bool {
	q, found := strings.CutPrefix(strings.TrimSpace(weight), "q=")
	value, err := strconv.ParseFloat(q, 64)
	return found && err == nil && value == 0
}
