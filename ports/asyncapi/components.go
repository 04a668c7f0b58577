package asyncapi

import (
	"bytes"
	"encoding/json"
	"maps"

	"dossier/docs/schemas"
)

const schemaPath = "components/schemas/"

// components are the schemas: of the data of every event, of the two envelopes,
// and of each event in each envelope.
func components() object {
	all := object{
		"metadata":   schema("metadata"),
		"event":      schema("event"),
		"cloudevent": schema("cloudevent"),
	}
	all["event"].(object)["properties"].(object)["metadata"] = ref(schemaPath + "metadata")
	maps.Copy(all, keyed(func(event string) string { return event }, schema))
	maps.Copy(all, keyed(func(event string) string { return enveloped(event, "event") }, func(event string) object {
		return inEnvelope("event", event, nil)
	}))
	maps.Copy(all, keyed(func(event string) string { return enveloped(event, "cloudevent") }, func(event string) object {
		return inEnvelope("cloudevent", event, object{"dataschema": object{"const": schemas.Prefix + event}})
	}))
	return all
}

// enveloped names the schema of an event in an envelope.
func enveloped(event, envelope string) string { return event + "." + envelope }

// inEnvelope narrows an envelope to one event.
func inEnvelope(envelope, event string, more object) object {
	return object{"allOf": []any{
		ref(schemaPath + envelope),
		object{
			"type":       "object",
			"properties": with(object{"type": object{"const": event}, "data": ref(schemaPath + event)}, more),
		},
	}}
}

// schema returns a schema as a part of this document: without the name and the
// references that it has outside of it.
func schema(name string) object {
	s := parsed(name)
	delete(s, "$schema")
	delete(s, "$id")
	delete(s, "allOf") // which data an envelope has is said by inEnvelope
	return s
}

func parsed(name string) (s object) {
	in := json.NewDecoder(bytes.NewReader(schemas.Text(name)))
	in.UseNumber()
	if err := in.Decode(&s); err != nil {
		panic(err) // it was checked before this was compiled
	}
	return s
}

// example returns the example of a schema.
func example(name string) object { return parsed(name)["examples"].([]any)[0].(object) }

// enveloping returns the example of an event in an envelope.
func enveloping(envelope, event string) object {
	e := with(example(envelope), object{"type": event, "data": example(event)})
	if envelope == "cloudevent" {
		e["dataschema"] = schemas.Prefix + event
	}
	return e
}
