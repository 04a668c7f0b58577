// Package cloudevents wraps the events of the log in CloudEvents 1.0, the form
// in which they leave the service: one JSON object for each ("structured mode").
//
//	{"specversion":"1.0","id":"0197...","source":"/dossier/default","type":"kyc.status_changed.v1",
//	 "subject":"<session id>","datacontenttype":"application/json",
//	 "dataschema":"urn:dossier:schema:kyc.status_changed.v1","time":"2026-03-01T09:30:00.123456Z",
//	 "data":{"step_id":"1253242",...},
//	 "app":"default","correlationid":"0197...","partitionkey":"h5tq2k7wz3a6m4ce",
//	 "sequence":"00000000000000000012","sessionversion":3}
//
// The data is the log's own text, byte by byte. The log's metadata (the raw
// webhook, addresses, who decided) stays at home.
package cloudevents

import (
	"bytes"
	"fmt"
	"net/url"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/application/sessionref"
)

// ContentType is the media type of an envelope.
const ContentType = event.ApplicationCloudEventsJSON

// schemas prefixes the name of an event: the `$id` of its data's JSON Schema.
const schemas = "dossier:schema:"

// Envelope makes CloudEvents. It implements [relay.Envelope].
type Envelope struct {
	refs        sessionref.Key
	hideSession bool
}

// New returns an envelope whose partition keys are references by this key. With
// hideSession the reference stands for the session id in `subject` too: whoever
// holds a session id can open the person's verification page.
func New(refs sessionref.Key, hideSession bool) *Envelope {
	return &Envelope{refs: refs, hideSession: hideSession}
}

// Message implements [relay.Envelope]. An error names the event by its position
// and says which attribute would break the rules of CloudEvents.
func (v *Envelope) Message(e eventlog.Recorded) (relay.Message, error) {
	key := v.refs.Of(e.Stream.App, e.Stream.Session)
	subject := string(e.Stream.Session)
	if v.hideSession {
		subject = key
	}
	attributes, err := attributesOf(e, key, subject)
	if err != nil {
		return relay.Message{}, fmt.Errorf("wrap event %d: %w", e.Position, err)
	}
	body := bytes.NewBuffer(make([]byte, 0, 640+len(e.Data)))
	// DataBase64 is false: the library writes the text as it is.
	if err := event.WriteJson(&event.Event{Context: attributes, DataEncoded: []byte(e.Data)}, body); err != nil {
		return relay.Message{}, fmt.Errorf("wrap event %d: %w", e.Position, err)
	}
	return relay.Message{Event: e, Key: key, Body: body.Bytes()}, nil
}

func attributesOf(e eventlog.Recorded, key, subject string) (*event.EventContextV1, error) {
	contentType := event.ApplicationJSON
	c := &event.EventContextV1{
		ID:              e.EventID,
		Source:          types.URIRef{URL: url.URL{Path: "/dossier/" + string(e.Stream.App)}},
		Type:            e.Type,
		Subject:         &subject,
		Time:            &types.Timestamp{Time: e.RecordedAt.UTC()},
		DataContentType: &contentType,
		DataSchema:      &types.URI{URL: url.URL{Scheme: "urn", Opaque: schemas + e.Type}},
	}
	for name, value := range map[string]any{
		"app":            string(e.Stream.App),
		"correlationid":  codec.CorrelationID(e.Metadata, e.EventID),
		"partitionkey":   key,
		"sequence":       fmt.Sprintf("%020d", e.Position),
		"sessionversion": e.Version,
	} {
		if err := c.SetExtension(name, value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if faults := c.Validate(); len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}
