package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
)

// Why the relay makes an attempt, in its words.
const (
	triggerInitial   = "INITIAL"
	triggerAutomatic = "AUTOMATIC"
	triggerManual    = "MANUAL"
	triggerBulkRetry = "BULK_RETRY"
)

// Delivery is one webhook as the relay hands it over.
type Delivery struct {
	Number  int    // its place in the plan, from 0
	Session int    // the number of its session, from 0: not the id, which is a credential
	Last    bool   // nothing of its session follows
	Class   Class  // what it is
	EventID string // the relay's id, the same for every attempt
	Attempt int    // the first is 1
	Trigger string // why the relay makes this attempt: INITIAL, AUTOMATIC, MANUAL or BULK_RETRY
	Body    []byte // JSON; holds the session id

	sessionID string
	requestID string
	origin    string
	relay     relay
}

// relay is what is the same for every delivery of a plan.
type relay struct {
	prefix string
	key    []byte // of the signature; empty: unsigned
}

// Header returns the headers of the delivery, as the relay sets them.
func (d Delivery) Header() http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Idempotency-Key", d.EventID)
	h.Set(d.relay.prefix+"-eventid", d.EventID) // no dash before "id": the relay's spelling
	h.Set(d.relay.prefix+"-requestid", d.requestID)
	h.Set(d.relay.prefix+"-attempt-count", strconv.Itoa(d.Attempt))
	h.Set(d.relay.prefix+"-attempt-trigger", d.Trigger)
	h.Set(d.relay.prefix+"-original-ip", d.origin)
	h.Set(d.relay.prefix+"-verified", "true")
	if len(d.relay.key) > 0 {
		h.Set(d.relay.prefix+"-signature", d.relay.sign(d.Body))
	}
	return h
}

// sign returns the base64 of the HMAC-SHA256 of the raw body, and of nothing
// else: the relay signs neither time nor id.
func (r relay) sign(body []byte) string {
	mac := hmac.New(sha256.New, r.key)
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Again returns the next attempt that the relay makes by itself: the same id
// and the same bytes, counted one further.
func (d Delivery) Again() Delivery {
	d.Attempt++
	d.Trigger = triggerAutomatic
	return d
}

// String names the delivery without its session id.
func (d Delivery) String() string {
	return fmt.Sprintf("delivery %d (%s, attempt %d)", d.Number, d.Class, d.Attempt)
}

// GoString returns the same as String.
func (d Delivery) GoString() string { return d.String() }

// LogValue returns the same as String, for handlers that would take the body.
func (d Delivery) LogValue() slog.Value { return slog.StringValue(d.String()) }
