package webhook

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"dossier/ports/problem"
)

// readBody returns the whole body as it was sent. One that ends early or comes too
// slowly is no fault of the webhook, so it is to be sent again.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		return nil, problem.BodyTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, problem.BodyTooLarge
	}
	if err != nil {
		return nil, bodyInterrupted
	}
	return body, nil
}

// decompressed returns what a body says that may have been compressed on its way:
// that is what is recorded, for a relay may compress each attempt anew. It is read
// up to the limit of a body and no further, however much there is.
func decompressed(header http.Header, body []byte) ([]byte, error) {
	switch encoding := strings.ToLower(strings.Join(header["Content-Encoding"], ",")); encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return gunzip(body)
	default:
		return nil, unsupportedEncoding.With("gzip is understood, and no other")
	}
}

func gunzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, malformedEncoding.With("the body is not gzip")
	}
	text, err := io.ReadAll(io.LimitReader(z, MaxBody+1))
	switch {
	case len(text) > MaxBody:
		return nil, problem.BodyTooLarge
	case err != nil:
		return nil, malformedEncoding.With("the body is not gzip")
	default:
		return text, nil
	}
}

// byteOrderMark is how some programs on Windows begin UTF-8.
const byteOrderMark = "\ufeff"

// withoutMark passes over a byte order mark.
func withoutMark(body []byte) []byte { return bytes.TrimPrefix(body, []byte(byteOrderMark)) }
