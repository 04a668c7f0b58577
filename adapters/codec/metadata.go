package codec

import (
	"encoding/json"
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

// EncodeMetadata returns the stored JSON of an event's metadata.
func EncodeMetadata(m eventlog.Metadata) ([]byte, error) {
	data, err := json.Marshal(metadataV1{
		DeliveryID: m.DeliveryID, RequestID: m.RequestID, Attempt: m.Attempt, AttemptTrigger: m.AttemptTrigger,
		OriginalIP: m.OriginalIP, Payload: m.Payload, PayloadSHA256: m.PayloadSHA256,
		Actor: m.Actor, CausationID: m.CausationID,
	})
	if err != nil {
		return nil, fmt.Errorf("encode metadata: %w", err)
	}
	return data, nil
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
