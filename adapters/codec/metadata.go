package codec

import (
	"fmt"
	"strings"
	"time"

	"dossier/application/eventlog"
)

// metadataV1 is the stored form of metadata. What stored.go says of forms holds
// for it.
type metadataV1 struct {
	_              struct{} `title:"How an event came" doc:"The metadata of an event in the log: what is known of the webhook or decision that brought it. Relays do not send it."`
	DeliveryID     string   `json:"delivery_id,omitempty" doc:"The id of the delivery, by which it is stored only once."`
	RequestID      string   `json:"request_id,omitempty" doc:"The webhook relay's id of the request."`
	Attempt        int      `json:"attempt,omitempty" minimum:"1" doc:"Which attempt of the delivery was stored, from 1. Absent: unknown."`
	AttemptTrigger string   `json:"attempt_trigger,omitempty" doc:"What made the webhook relay send it, such as AUTOMATIC."`
	OriginalIP     string   `json:"original_ip,omitempty" doc:"The address that the webhook relay had it from."`
	Actor          string   `json:"actor,omitempty" doc:"Who decided, had the provider asked or looked at details: the name of a token, or dossier. Absent: a webhook brought it."`
	CausationID    string   `json:"causation_id,omitempty" doc:"The id of the event that brought this one along: the first of the same webhook or decision or, for the first of a decision, that of the flag decided on. Absent: the first event of a webhook."`
	Clock          int64    `json:"clock,omitempty" doc:"What the clock of the server said, in microseconds since 1970 UTC, where that is not recorded_at: times of records never run backwards, also when a clock was ahead for a while. Absent: recorded_at is the clock's."`
	PayloadSHA256  string   `json:"payload_sha256,omitempty" doc:"The SHA-256 of the webhook's body, in hexadecimal."`
	Payload        string   `json:"payload,omitempty" doc:"The webhook's body, as it came."`
}

// EncodeMetadata returns the stored JSON of an event's metadata, whose texts
// must be valid UTF-8.
func EncodeMetadata(m eventlog.Metadata) []byte {
	o := newObject(320 + len(m.Payload)*5/4)
	o.text("delivery_id", m.DeliveryID)
	o.text("request_id", m.RequestID)
	o.number("attempt", int64(m.Attempt))
	o.text("attempt_trigger", m.AttemptTrigger)
	o.text("original_ip", m.OriginalIP)
	o.text("actor", m.Actor)
	o.text("causation_id", m.CausationID)
	if !m.Clock.IsZero() {
		o.number("clock", Micros(m.Clock))
	}
	o.text("payload_sha256", m.PayloadSHA256)
	o.text("payload", m.Payload)
	return o.end()
}

// CorrelationID returns what the events of one webhook or decision have in
// common, the id of the first of them: the causation id in an event's metadata,
// else the event's own id. It parses nothing, for the raw webhook stands behind:
// inside of a JSON string every quote follows a backslash, and no other name ends
// in this one, so the text below can only be the field.
func CorrelationID(metadata, eventID string) string {
	_, rest, _ := strings.Cut(metadata, `"causation_id":"`)
	if id, _, closed := strings.Cut(rest, `"`); closed && id != "" {
		return id
	}
	return eventID
}

// DecodeMetadata reads stored metadata. It returns ErrCorrupt.
func DecodeMetadata(data string) (eventlog.Metadata, error) {
	var m metadataV1
	if err := unmarshal([]byte(data), &m); err != nil {
		return eventlog.Metadata{}, fmt.Errorf("decode metadata: %w: %w", ErrCorrupt, err)
	}
	var clock time.Time
	if m.Clock != 0 {
		clock = TimeOf(m.Clock)
	}
	return eventlog.Metadata{
		Clock: clock, DeliveryID: m.DeliveryID, RequestID: m.RequestID, Attempt: m.Attempt, AttemptTrigger: m.AttemptTrigger,
		OriginalIP: m.OriginalIP, Payload: m.Payload, PayloadSHA256: m.PayloadSHA256,
		Actor: m.Actor, CausationID: m.CausationID,
	}, nil
}
