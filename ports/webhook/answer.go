package webhook

import (
	"context"
	"net/http"
	"strconv"

	"dossier/application/command"
	"dossier/ports/problem"
)

// The problems that only a webhook has. Their details name fields, never what
// stands in them.
var (
	malformedJSON       = problem.Problem{Type: "malformed-json", Title: "Malformed JSON", Status: http.StatusBadRequest}
	missingSessionID    = problem.Problem{Type: "missing-session-id", Title: "No session_id", Status: http.StatusBadRequest}
	missingStatus       = problem.Problem{Type: "missing-status", Title: "No status", Status: http.StatusBadRequest}
	invalidField        = problem.Problem{Type: "invalid-field", Title: "Invalid field", Status: http.StatusBadRequest}
	malformedEncoding   = problem.Problem{Type: "malformed-encoding", Title: "Malformed compression", Status: http.StatusBadRequest}
	unsupportedEncoding = problem.Problem{Type: "unsupported-encoding", Title: "Unsupported content encoding", Status: http.StatusUnsupportedMediaType}
	invalidDeliveryID   = problem.Problem{Type: "invalid-delivery-id", Title: "Invalid delivery id", Status: http.StatusBadRequest}

	// A body that broke off is told as any other call that did.
	bodyInterrupted = problem.Of(context.Canceled).With("the body broke off")
)

// accept answers a webhook that is durable. The outcome is a word of the
// domain, so nothing needs to be escaped.
func accept(w http.ResponseWriter, receipt command.Receipt) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Dossier-Position", strconv.FormatInt(receipt.Last, 10))

	body := make([]byte, 0, 96)
	body = append(body, `{"outcome":"`...)
	body = append(body, receipt.Outcome.String()...)
	body = append(body, `","position":`...)
	body = strconv.AppendInt(body, receipt.Position, 10)
	body = append(body, `,"version":`...)
	body = strconv.AppendInt(body, receipt.Version, 10)
	body = append(body, '}')
	// A relay that went away sends again, and is then told of a duplicate.
	_, _ = w.Write(body)
}

func refuse(w http.ResponseWriter, p problem.Problem) {
	switch p.Status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnsupportedMediaType:
		w.Header().Set("Accept-Encoding", "gzip")
	}
	p.Write(w)
}
