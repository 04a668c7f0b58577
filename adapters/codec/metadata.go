package codec

import (
	"fmt"

	"dossier/application/eventlog"
)

type metadataV1 struct {
	DeliveryID     string `json:"delivery_id,omitempty"`
	RequestID      string `json:"request_id,omitempty"`
	Attempt        int    `json:"attempt,omitempty"`
	AttemptTrigger string `json:"attempt_trigger,omitempty"`
	OriginalIP     string `json:"original_ip,omitempty"`
	Actor          string `json:"actor,omitempty"`
	CausationID    string `json:"causation_id,omitempty"`
	PayloadSHA256  string `json:"payload_sha256,omitempty"`
	Payload        string `json:"payload,omitempty"`
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
	o.text("payload_sha256", m.PayloadSHA256)
	o.text("payload", m.Payload)
	return o.end()
}

// DecodeMetadata reads stored metadata. It returns ErrCorrupt.
func DecodeMetadata(data string) (eventlog.Metadata, error) {
	var m metadataV1
	if err := unmarshal([]byte(data), &m); err != nil {
		return eventlog.Metadata{}, fmt.Errorf("decode metadata: %w: %w", ErrCorrupt, err)
	}
	return eventlog.Metadata{
		DeliveryID: m.DeliveryID, RequestID: m.RequestID, Attempt: m.Attempt, AttemptTrigger: m.AttemptTrigger,
		OriginalIP: m.OriginalIP, Payload: m.Payload, PayloadSHA256: m.PayloadSHA256,
		Actor: m.Actor, CausationID: m.CausationID,
	}, nil
}
