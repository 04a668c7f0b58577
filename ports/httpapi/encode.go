package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// encoded is the body of an answer in its final form, and described as a T. It
// is encoded before the headers go out, so that they can depend on it.
type encoded[T any] struct{ text []byte }

// Schema implements huma.SchemaProvider with the schema of T.
func (encoded[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

func (e encoded[T]) bytes() []byte { return e.text }

// write answers a call with the body, where it is not huma that does.
func (e encoded[T]) write(h huma.Context) {
	h.SetHeader("Content-Type", "application/json")
	h.SetStatus(http.StatusOK)
	_, _ = h.BodyWriter().Write(e.text) // a client that went away can't be told so
}

// encode encodes a body. It panics on what has no JSON form, which plain data
// always has.
func encode[T any](body T) encoded[T] { return encoded[T]{marshal(body)} }

// marshal returns JSON that ends with a newline. Unlike json.Marshal it leaves
// <, > and & as they are: nothing here is ever put into a page.
func marshal(v any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err)
	}
	return text.Bytes()
}

// writeJSON is the format that huma answers in.
func writeJSON(w io.Writer, v any) error {
	text, ok := v.(interface{ bytes() []byte })
	if ok {
		_, _ = w.Write(text.bytes()) // a client that went away can't be told so
		return nil
	}
	_, _ = w.Write(marshal(v))
	return nil
}

// stamp formats a time as RFC 3339 in UTC with microseconds: the precision of
// the log, in a form that sorts as text.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// stampOrNull is stamp, and nil for the zero time.
func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := stamp(t)
	return &text
}
