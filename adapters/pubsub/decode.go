package pubsub

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

var (
	// ErrUnknownType: a later version of Dossier wrote the event. All of it is
	// known but what it means: acknowledge it and go on, unless you must not miss
	// anything.
	ErrUnknownType = errors.New("an event of a type that this version does not know")
	// ErrCorrupt: the message is none that Dossier wrote, or was changed on its
	// way. It will not become better.
	ErrCorrupt = errors.New("not an event of Dossier")
)

// Event is an event of a session, as a message brought it.
type Event struct {
	Position      int64 // over all sessions, from 1
	EventID       string
	App           kyc.App
	Session       kyc.SessionID // a credential: it prints as a placeholder
	Version       int64         // within the session, from 1
	Type          string        // the event's name, such as kyc.status_changed.v1
	RecordedAt    time.Time
	CorrelationID string            // of the first event that the same webhook or decision brought
	Data          kyc.Event         // nil for a type that is not known
	Raw           string            // the data as JSON, the exact text
	Metadata      eventlog.Metadata // how the event came
}

// Decode reads a message of the topic [Topic]. With ErrUnknownType it returns
// the event all the same, but for its Data. Else it returns ErrCorrupt. The
// errors repeat nothing of the message.
func Decode(msg *message.Message) (Event, error) {
	e, err := envelope(msg)
	if err != nil {
		return Event{}, err
	}
	e.Data, err = codec.Decode(e.Type, e.Raw)
	switch {
	case errors.Is(err, codec.ErrUnknownName):
		return e, fmt.Errorf("event at position %d: %w", e.Position, ErrUnknownType)
	case err != nil:
		return Event{}, fmt.Errorf("event at position %d: %w: %w", e.Position, ErrCorrupt, err)
	}
	return e, nil
}

// envelope reads all but the data.
func envelope(msg *message.Message) (e Event, err error) {
	meta := msg.Metadata
	e = Event{
		EventID: msg.UUID, App: kyc.App(meta[MetadataApp]), Session: kyc.SessionID(meta[MetadataSession]),
		Type: meta[MetadataType], CorrelationID: meta[MetadataCorrelation], Raw: string(msg.Payload),
	}
	if e.Position, err = number(meta, MetadataPosition); err != nil {
		return e, err
	}
	if e.Version, err = number(meta, MetadataVersion); err != nil {
		return e, err
	}
	if e.RecordedAt, err = parseTime(meta[MetadataRecordedAt]); err != nil {
		return e, fmt.Errorf("metadata %s: %w", MetadataRecordedAt, ErrCorrupt) // the error repeats the text
	}
	if e.Metadata, err = codec.DecodeMetadata(meta[MetadataMetadata]); err != nil {
		return e, fmt.Errorf("metadata %s: %w: %w", MetadataMetadata, ErrCorrupt, err)
	}
	for _, name := range []string{MetadataApp, MetadataSession, MetadataType, MetadataCorrelation} {
		if meta[name] == "" {
			return e, fmt.Errorf("metadata %s is missing: %w", name, ErrCorrupt)
		}
	}
	return e, nil
}

// number reads one that counts from 1.
func number(meta message.Metadata, name string) (int64, error) {
	n, err := strconv.ParseInt(meta[name], 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("metadata %s is no number: %w", name, ErrCorrupt)
	}
	return n, nil
}
