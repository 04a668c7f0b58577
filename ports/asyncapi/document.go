package asyncapi

import (
	"encoding/json"
	"maps"

	"dossier/docs/schemas"
)

// object is a part of the document.
type object = map[string]any

const about = `Dossier keeps the legal truth about identity verifications. This is what it sends: every event of its log, in the
order of the log for each session, at least once. The id of an event is the same each time: drop what you know.

**An approved step never approves a session.** The status of a session is derived from all of its tracks: ask the API for
it (` + "`GET /v1/sessions/{app}/{session_id}`" + `), or fold the session's events.

**New types come.** Skip the events whose type you do not know, and the members of an object that you do not know. A
name never changes its meaning. docs/events.md has the whole catalogue.`

// Document returns the document, as JSON, of a version of the service.
func Document(version string) []byte {
	text, err := json.Marshal(object{
		"asyncapi":           "3.0.0",
		"id":                 "urn:dossier",
		"defaultContentType": cloudEventType,
		"info":               object{"title": "Dossier: events", "version": version, "description": about},
		"servers":            servers(),
		"channels":           channels(),
		"operations":         operations(),
		"components": object{
			"schemas": components(), "messages": messages(), "securitySchemes": object{
				"bearer": object{
					"type": "http", "scheme": "bearer",
					"description": "A token made by `dossier token`, with any role.",
				},
				"password": object{"type": "userPassword", "description": "What the broker asks for."},
			},
		},
	})
	if err != nil {
		panic(err) // a programmer's mistake, at start-up
	}
	return text
}

func ref(path string) object { return object{"$ref": "#/" + path} }

func text(description string) object {
	return object{"type": "string", "description": description}
}

// with returns an object with further members.
func with(o, more object) object {
	all := maps.Clone(o)
	maps.Copy(all, more)
	return all
}

// keyed makes one member for each event.
func keyed(key func(event string) string, value func(event string) object) object {
	all := object{}
	for _, event := range schemas.Events() {
		all[key(event)] = value(event)
	}
	return all
}
