package nats

import (
	wnats "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/nats"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"

	"dossier/adapters/cloudevents"
	"dossier/application/relay"
)

// The headers of a message beside those of the libraries. CloudEvents gives
// them their names.
const (
	contentType = "Content-Type"
	eventID     = "ce-id"
	eventType   = "ce-type"
)

// place is the metadata that becomes a part of the subject.
const place = "place"

// wrap makes a Watermill message.
func wrap(m relay.Message) *message.Message {
	wrapped := message.NewMessage(m.Event.EventID, m.Body)
	wrapped.Metadata = message.Metadata{
		contentType: cloudevents.ContentType,
		eventID:     m.Event.EventID,
		eventType:   m.Event.Type,
		place:       string(m.Event.Stream.App) + "." + m.Key,
	}
	return wrapped
}

// marshaler gives each message a subject of its own within the topic.
type marshaler struct{ wnats.NATSMarshaler }

// Marshal implements the library's Marshaler.
func (m marshaler) Marshal(topic string, wrapped *message.Message) (*nats.Msg, error) {
	msg, err := m.NATSMarshaler.Marshal(topic, wrapped)
	if err != nil {
		return nil, err
	}
	msg.Subject = topic + "." + wrapped.Metadata.Get(place)
	msg.Header.Del(place)
	return msg, nil
}
