package schemas_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/adapters/cloudevents"
	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/sessionref"
	"dossier/docs/schemas"
	"dossier/domain/kyc"
)

// recorded returns an event as the log holds it.
func recorded(name, data string, at time.Time, metadata eventlog.Metadata) eventlog.Recorded {
	return eventlog.Recorded{
		Position: 12, EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", Stream: eventlog.Stream{App: "default", Session: "s é \"1\""},
		Version: 4, Type: name, Data: data, Metadata: string(codec.EncodeMetadata(metadata)), RecordedAt: at,
	}
}

func TestWhatRelaysSendIsAsItsSchemaSays(t *testing.T) {
	s := compiled(t)["cloudevent"]
	for _, hidden := range []bool{false, true} {
		envelope := cloudevents.New(sessionref.Key{}, hidden)
		for name, draw := range makers() {
			rapid.Check(t, func(r *rapid.T) {
				_, data, err := codec.Encode(draw(r))
				if err != nil {
					r.Fatal(err)
				}
				at := time.UnixMicro(rapid.Int64Range(0, 1<<52).Draw(r, "at"))
				m, err := envelope.Message(recorded(name, string(data), at, eventlog.Metadata{CausationID: cause(r), Payload: text(r, "payload")}))
				if err != nil {
					r.Fatal(err)
				}
				if err := s.Validate(value(t, m.Body)); err != nil {
					r.Errorf("%s: %v", m.Body, err)
				}
			})
		}
	}
}

func cause(t *rapid.T) string { return maybe(t, "0190163d-8694-739b-aea5-966c26f8ad91") }

// A member that the schema does not name would never be explained.
func TestTheSchemaNamesAllThatRelaysSend(t *testing.T) {
	s := compiled(t)["cloudevent"]
	m, err := cloudevents.New(sessionref.Key{}, false).Message(recorded(codec.SessionResetV1, `{"cycle":2,"cause":"reported"}`, time.UnixMicro(1), eventlog.Metadata{}))
	if err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal(m.Body, &sent); err != nil {
		t.Fatal(err)
	}
	for name := range sent {
		if s.Properties[name] == nil {
			t.Errorf("%s is not described", name)
		}
	}
	if sent["dataschema"] != schemas.Prefix+codec.SessionResetV1 || sent["partitionkey"] != (sessionref.Key{}).Of("default", kyc.SessionID("s é \"1\"")) {
		t.Errorf("sent %v", sent)
	}
}

// Whatever is known of how an event came is as its schema says.
func TestMetadataIsAsItsSchemaSays(t *testing.T) {
	s := compiled(t)["metadata"]
	rapid.Check(t, func(r *rapid.T) {
		data := codec.EncodeMetadata(eventlog.Metadata{
			DeliveryID: text(r, "delivery"), RequestID: text(r, "request"), Attempt: rapid.IntMin(0).Draw(r, "attempt"),
			AttemptTrigger: text(r, "trigger"), OriginalIP: text(r, "ip"), Payload: text(r, "payload"),
			PayloadSHA256: text(r, "hash"), Actor: text(r, "actor"), CausationID: text(r, "cause"),
		})
		if err := s.Validate(value(t, data)); err != nil {
			r.Errorf("%s: %v", data, err)
		}
	})
}
