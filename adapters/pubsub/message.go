package pubsub

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
)

// The metadata of a message of the topic [Topic].
const (
	MetadataPosition   = "position"    // over all sessions, from 1
	MetadataApp        = "app"         // a slug
	MetadataSession    = "session_id"  // a credential: it opens the person's verification page
	MetadataVersion    = "version"     // within the session, from 1
	MetadataType       = "type"        // the event's name
	MetadataRecordedAt = "recorded_at" // RFC 3339, microseconds, UTC
	MetadataMetadata   = "metadata"    // how the event came, the exact JSON text
	// MetadataCorrelation is the id of the first event that the same webhook or
	// decision brought. The name is that of Watermill's own middleware.
	MetadataCorrelation = "correlation_id"
)

// timeForm is RFC 3339 with microseconds.
const timeForm = "2006-01-02T15:04:05.000000Z07:00"

// eventMessage returns an event as a message.
func eventMessage(e *sqlstore.Raw) (*message.Message, error) {
	stream, err := eventlog.ParseStream(e.Stream)
	if err != nil {
		return nil, fmt.Errorf("event at position %d: %w", e.Position, err)
	}
	msg := message.NewMessage(e.EventID, e.Data)
	msg.Metadata[MetadataPosition] = strconv.FormatInt(e.Position, 10)
	msg.Metadata[MetadataApp] = string(stream.App)
	msg.Metadata[MetadataSession] = string(stream.Session)
	msg.Metadata[MetadataVersion] = strconv.FormatInt(e.Version, 10)
	msg.Metadata[MetadataType] = e.Type
	msg.Metadata[MetadataRecordedAt] = e.RecordedAt.Format(timeForm)
	msg.Metadata[MetadataMetadata] = e.Metadata
	msg.Metadata[MetadataCorrelation] = codec.CorrelationID(e.Metadata, e.EventID)
	return msg, nil
}

// topicMessage returns what was published to a topic.
func topicMessage(m sqlstore.Message) (*message.Message, error) {
	msg := message.NewMessage(m.UUID, m.Payload)
	if err := json.Unmarshal([]byte(m.Metadata), &msg.Metadata); err != nil {
		return nil, fmt.Errorf("message at position %d: its metadata is not a JSON object of text", m.Position)
	}
	return msg, nil
}

var errNil = errors.New("a message is nil")

// stored returns messages as a topic's table has them.
func stored(messages []*message.Message) ([]sqlstore.Message, error) {
	all := make([]sqlstore.Message, len(messages))
	for i, msg := range messages {
		if msg == nil {
			return nil, errNil
		}
		metadata, err := json.Marshal(msg.Metadata)
		if err != nil {
			return nil, fmt.Errorf("encode the metadata of a message: %w", err)
		}
		if msg.Metadata == nil {
			metadata = []byte("{}")
		}
		all[i] = sqlstore.Message{UUID: msg.UUID, Payload: append([]byte{}, msg.Payload...), Metadata: string(metadata)}
	}
	return all, nil
}

// parseTime reads what eventMessage wrote.
func parseTime(text string) (time.Time, error) { return time.Parse(timeForm, text) }
