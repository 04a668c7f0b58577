package codec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
)

// cloudEvent is the envelope of relays, for its schema.
type cloudEvent struct {
	_               struct{}       `title:"An event as relays send it" doc:"A CloudEvent 1.0 in JSON, in its structured mode."`
	SpecVersion     string         `json:"specversion" const:"1.0" doc:"The version of CloudEvents."`
	ID              string         `json:"id" format:"uuid" doc:"The event's id, a UUIDv7: the same each time that the event is sent."`
	Source          string         `json:"source" pattern:"^/dossier/[a-z0-9-]{1,40}$" doc:"Where it happened: the app."`
	Type            string         `json:"type" doc:"The event's name, with its version."`
	Subject         string         `json:"subject" doc:"The session's id, which opens the person's verification page, or its keyed reference if the relay sends that instead."`
	Time            string         `json:"time" format:"date-time" doc:"When it was recorded: RFC 3339 in UTC, to the microsecond."`
	DataContentType string         `json:"datacontenttype" const:"application/json" doc:"The form of the data."`
	DataSchema      string         `json:"dataschema" pattern:"^urn:dossier:schema:" doc:"The id of the JSON Schema of the data."`
	App             string         `json:"app" pattern:"^[a-z0-9-]{1,40}$" doc:"The app that the session belongs to."`
	Sequence        string         `json:"sequence" pattern:"^[0-9]{20}$" doc:"The position in the log, in 20 digits, so that it sorts as text."`
	SessionVersion  int64          `json:"sessionversion" minimum:"1" doc:"The version in the session's history: 1, 2, 3, ... without holes."`
	PartitionKey    string         `json:"partitionkey" pattern:"^[a-z2-7]{16}$" doc:"The session's keyed reference. Events with the same one are sent in the order of the log."`
	CorrelationID   string         `json:"correlationid" format:"uuid" doc:"The id of the event that brought this one along: the first of the same webhook or decision or, for the first of a decision, that of the flag decided on. The first event of a webhook has its own id."`
	Data            map[string]any `json:"data" doc:"What happened: the exact text that was stored. Its schema is dataschema."`
}

// dataByType says which schema the data of each type has. The data of a type
// that is not listed may be any object.
func dataByType() (rules []any) {
	type object = map[string]any
	for _, name := range Names() {
		rules = append(rules, object{
			"if":   object{"properties": object{"type": object{"const": name}}, "required": []string{"type"}},
			"then": object{"properties": object{"data": object{"$ref": "urn:dossier:schema:" + name}}},
		})
	}
	return rules
}

func TestTheSchemaOfTheCloudEvent(t *testing.T) {
	s := schemaOf(t, "cloudevent", reflect.TypeFor[cloudEvent]())
	s.AllOf = dataByType()
	s.Examples = []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"specversion":"1.0","id":"019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90",`+
		`"source":"/dossier/default","type":%q,"subject":"2ac3f7ab-3729-f968-3f55-aa47e881","time":"2026-01-31T12:05:00.123456Z",`+
		`"datacontenttype":"application/json","dataschema":%q,"app":"default","sequence":"00000000000000000012","sessionversion":4,`+
		`"partitionkey":"mzxw6ytboi4dgmrt","correlationid":"019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90","data":%s}`,
		StatusChangedV1, "urn:dossier:schema:"+StatusChangedV1, example(t, StatusChangedV1)))}
	s.check(t, "cloudevent")
}
