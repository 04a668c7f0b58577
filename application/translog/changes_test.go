package translog_test

import (
	"time"

	"dossier/application/eventlog"
)

// changes are ways to alter an event.
func changes() map[string]func(*eventlog.Recorded) {
	return map[string]func(*eventlog.Recorded){
		"position":      func(e *eventlog.Recorded) { e.Position++ },
		"event id":      func(e *eventlog.Recorded) { e.EventID = e.EventID[:35] + "f" },
		"app":           func(e *eventlog.Recorded) { e.Stream.App = "other" },
		"session":       func(e *eventlog.Recorded) { e.Stream.Session += "x" },
		"version":       func(e *eventlog.Recorded) { e.Version++ },
		"type":          func(e *eventlog.Recorded) { e.Type = "kyc.status_changed.v2" },
		"data":          func(e *eventlog.Recorded) { e.Data = `{"n": 7}` }, // means the same
		"metadata":      func(e *eventlog.Recorded) { e.Metadata = `{"actor":"x"}` },
		"recorded time": func(e *eventlog.Recorded) { e.RecordedAt = e.RecordedAt.Add(time.Microsecond) },
		// The same bytes, shared out among the fields in another way.
		"border": func(e *eventlog.Recorded) {
			e.EventID, e.Stream.App = e.EventID+"d", "efault"
		},
		"data for metadata": func(e *eventlog.Recorded) { e.Data, e.Metadata = e.Metadata, e.Data },
	}
}
