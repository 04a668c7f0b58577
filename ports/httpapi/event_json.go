package httpapi

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/eventlog"
)

// event is an event as the API shows it. Data and metadata are the log's own
// text: encoding/json would compact and escape it, so they are left out when
// an event is encoded, and spliced in by appendEvent.
type event struct {
	Position   int64   `json:"position" minimum:"1" example:"12" doc:"In the log, over all apps: 1, 2, 3, ... without holes."`
	EventID    string  `json:"event_id" format:"uuid" doc:"A UUIDv7."`
	App        appWord `json:"app" doc:"The app that the session belongs to."`
	SessionID  string  `json:"session_id" doc:"The provider's id of the session. It opens the person's verification page."`
	Version    int64   `json:"version" minimum:"1" example:"4" doc:"In the session's history: 1, 2, 3, ... without holes."`
	Type       string  `json:"type" example:"kyc.status_changed.v1" doc:"The event's name, with its version."`
	RecordedAt string  `json:"recorded_at" format:"date-time" doc:"RFC 3339 in UTC, to the microsecond."`
	Data       object  `json:"data,omitempty" required:"true" doc:"What happened: the exact text that was stored."`
	Metadata   object  `json:"metadata,omitempty" required:"true" doc:"How it came: the exact text that was stored."`
}

// object is the text of a JSON object.
type object json.RawMessage

// Schema implements huma.SchemaProvider.
func (object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

func eventOf(r eventlog.Recorded) event {
	return event{
		Position: r.Position, EventID: r.EventID, App: appWord(r.Stream.App), SessionID: string(r.Stream.Session),
		Version: r.Version, Type: r.Type, RecordedAt: stamp(r.RecordedAt),
	}
}

// appendEvent appends the event's JSON with data and metadata byte by byte.
func appendEvent(text []byte, r eventlog.Recorded) []byte {
	head := marshal(eventOf(r))
	text = append(text, head[:len(head)-len("}\n")]...)
	text = append(append(text, `,"data":`...), r.Data...)
	text = append(append(text, `,"metadata":`...), r.Metadata...)
	return append(text, '}')
}

// encodePage encodes a page of events that ends with where the next one goes
// on. T describes it.
func encodePage[T any](events []eventlog.Recorded, nextName string, next int64) encoded[T] {
	text := []byte(`{"events":[`)
	for i, e := range events {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendEvent(text, e)
	}
	text = append(append(text, `],"`...), nextName...)
	text = append(append(text, `":`...), marshal(next)...)
	return encoded[T]{append(text[:len(text)-1], "}\n"...)}
}
