package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
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
