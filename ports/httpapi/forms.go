package httpapi

import (
	"encoding/json"

	"dossier/application/eventlog"
	"dossier/application/projection"
)

// SessionJSON returns a session in the form in which the API answers it, for
// other ports: who knows one knows both.
func SessionJSON(p projection.Session) json.RawMessage { return marshal(sessionOf(p)) }

// FlagJSON returns a flag in the API's form.
func FlagJSON(f projection.Flag) json.RawMessage { return marshal(flagOf(f)) }

// EventJSON returns an event in the API's form, with its data and metadata byte
// by byte.
func EventJSON(r eventlog.Recorded) json.RawMessage { return appendEvent(nil, r) }
