package cloudevents

import (
	"strings"

	"dossier/application/eventlog"
)

// correlation returns what the events of one webhook or decision have in
// common: the id of the first of them.
func correlation(e eventlog.Recorded) string {
	if id := causation(e.Metadata); id != "" {
		return id
	}
	return e.EventID
}

// causation finds the causation id in stored metadata without reading the raw
// webhook behind it. Inside of a JSON string every quote follows a backslash,
// and no other name ends in this one: the text below can only be the field.
func causation(metadata string) string {
	_, rest, _ := strings.Cut(metadata, `"causation_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}
