package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dossier/application/eventlog"
)

const (
	// idempotencyKey is the relay's one header without a prefix. It repeats the
	// event id.
	idempotencyKey = "Idempotency-Key"
	// maxMetadata bounds, in bytes, what is recorded of any one header.
	maxMetadata = 256
)

// headerNames are the relay's headers in the form in which net/http files them,
// so that they are found without being rewritten for each call.
type headerNames struct {
	eventID, requestID      string
	attempt, attemptTrigger string
	originalIP              string
	signatures              [2]string
}

func newHeaderNames(prefix string) headerNames {
	name := func(suffix string) string { return http.CanonicalHeaderKey(prefix + suffix) }
	return headerNames{
		eventID: name("-eventid"), requestID: name("-requestid"),
		attempt: name("-attempt-count"), attemptTrigger: name("-attempt-trigger"),
		originalIP: name("-original-ip"),
		signatures: [2]string{name("-signature"), name("-signature-2")},
	}
}

// delivery returns what identifies a delivery, nil if the relay named it
// nothing, and what is recorded of how it came. The error is
// invalidDeliveryID.
func (n headerNames) delivery(header http.Header, body []byte) (*eventlog.Delivery, eventlog.Metadata, error) {
	id := first(header, n.eventID)
	if id == "" {
		id = first(header, idempotencyKey)
	}
	if len(id) > eventlog.MaxDeliveryID || !printable(id) {
		return nil, eventlog.Metadata{}, invalidDeliveryID
	}
	sum := sha256.Sum256(body)
	metadata := eventlog.Metadata{
		DeliveryID:     id,
		RequestID:      noted(header, n.requestID),
		Attempt:        attempt(first(header, n.attempt)),
		AttemptTrigger: noted(header, n.attemptTrigger),
		OriginalIP:     noted(header, n.originalIP),
		Payload:        string(body),
		PayloadSHA256:  hex.EncodeToString(sum[:]),
	}
	if id == "" {
		return nil, metadata, nil
	}
	return &eventlog.Delivery{ID: id, SHA256: sum}, metadata, nil
}

// first returns a header's first value; the name must be in canonical form.
func first(header http.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// noted returns a header for the record, and drops one that is too long or not
// text: it is of use to a reader only, and no reason to lose a webhook.
func noted(header http.Header, name string) string {
	value := first(header, name)
	if len(value) > maxMetadata || !printable(value) {
		return ""
	}
	return value
}

// attempt reads a count from 1; 0 for any other text.
func attempt(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// printable says that a text is UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
