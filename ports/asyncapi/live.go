package asyncapi

// liveStream is the log over HTTP, as server-sent events.
func liveStream() transport {
	return transport{
		name: "live", summary: "The log, live, over HTTP",
		envelope: "event", contentType: "application/json",
		server: with(host("http", "127.0.0.1:8080", "This server. Put TLS in front of it."), object{"security": []any{ref("components/securitySchemes/bearer")}}),
		channel: object{
			"address": "/v1/events",
			"description": "Server-sent events: ask with `Accept: text/event-stream`. `id` is the position, `event` the type and `data` the " +
				"payload. With `Last-Event-ID` the stream goes on after that position, without a gap or a repetition; " +
				"with `12:<event_id>` it is refused if the log has another event at 12 by then, as after a failover that lost events.",
		},
		operation: object{"bindings": object{"http": object{
			"method": "GET", "bindingVersion": "0.3.0",
			"query": object{"type": "object", "properties": object{
				"after":       object{"type": "integer", "minimum": 0, "description": "Only events after this position."},
				"after_event": text("The event_id of the event at after, which the log must still have there."),
				"app":         text("Only events of this app."),
				"type":        text("Only events of this type."),
			}},
		}}},
		headers: func(event string) []header {
			return []header{
				{"id", "The position: a field of the stream, not of HTTP.", "12"},
				{"event", "The type: a field of the stream, not of HTTP.", event},
			}
		},
		correlation: object{
			"location":    "$message.payload#/metadata/causation_id",
			"description": "The event that brought this one along. The first event of a webhook has none: the others name its event_id.",
		},
	}
}
