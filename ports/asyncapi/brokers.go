package asyncapi

// The examples of headers are those of the example of the CloudEvent.

func exampleOf(attribute string) string { return example("cloudevent")[attribute].(string) }

// relayed is a transport of CloudEvents.
func relayed(t transport) transport {
	t.envelope, t.contentType = "cloudevent", cloudEventType
	t.correlation = object{
		"location":    "$message.payload#/correlationid",
		"description": "The event that brought this one along; its own id for the first event of a webhook.",
	}
	return t
}

func brokerServer(protocol, defaultHost, description string) object {
	return with(host(protocol, defaultHost, description), object{"security": []any{ref("components/securitySchemes/password")}})
}

func jetStream() transport {
	return relayed(transport{
		name: "nats", summary: "Relayed to NATS JetStream",
		server: brokerServer("nats", "127.0.0.1:4222", "The firm's NATS servers, with JetStream. The stream is DOSSIER by default."),
		channel: object{
			"address": defaultName + ".{app}.{partitionkey}",
			"parameters": object{
				"app":          object{"description": "The app that the session belongs to.", "location": "$message.payload#/app"},
				"partitionkey": object{"description": "The session's keyed reference.", "location": "$message.payload#/partitionkey"},
			},
			"description": "A session's events have one subject, in the order of the log. Subscribe to `" + defaultName + ".>` for all.",
		},
		headers: func(event string) []header {
			return []header{
				{"Nats-Msg-Id", "The relay, its subject, a generation and the event id: JetStream drops a second one within its window. " +
					"Tell duplicates by ce-id.", "default/" + defaultName + "/1769861105000000/" + exampleOf("id")},
				{"ce-id", "The event id.", exampleOf("id")},
				{"Content-Type", "The form of the payload.", cloudEventType},
				{"ce-type", "The type.", event},
			}
		},
		operation: object{},
	})
}

func kafka() transport {
	return relayed(transport{
		name: "kafka", summary: "Relayed to Kafka",
		server: brokerServer("kafka", "127.0.0.1:9092", "The firm's Kafka brokers."),
		channel: object{
			"address":     defaultName,
			"description": "A session's events have one key, and so one partition, in the order of the log.",
			"bindings":    object{"kafka": object{"topic": defaultName, "bindingVersion": "0.5.0"}},
		},
		headers: func(event string) []header {
			return []header{
				{"content-type", "The form of the payload.", cloudEventType + "; charset=UTF-8"},
				{"ce_id", "The event id.", exampleOf("id")},
				{"ce_type", "The type.", event},
			}
		},
		bindings: object{"kafka": object{
			"key": text("The partitionkey of the payload, the session's keyed reference."), "bindingVersion": "0.5.0",
		}},
		operation: object{},
	})
}

func redisStream() transport {
	return relayed(transport{
		name: "redis", summary: "Relayed to a Redis stream",
		server: brokerServer("redis", "127.0.0.1:6379", "The firm's Redis."),
		channel: object{
			"address":     defaultName,
			"description": "One entry for each event, in the order of the log for each session. Headers are fields of the entry; the payload is its field `payload`.",
		},
		headers: func(event string) []header {
			return []header{
				{"id", "The event id.", exampleOf("id")},
				{"type", "The type.", event},
				{"app", "The app that the session belongs to.", exampleOf("app")},
				{"partitionkey", "The session's keyed reference.", exampleOf("partitionkey")},
			}
		},
		operation: object{},
	})
}

func receiver() transport {
	return relayed(transport{
		name: "receiver", summary: "Posted to an HTTP receiver",
		server: host("https", "receiver.example", "The firm's own endpoint."),
		channel: object{
			"address": nil,
			"description": "One POST for each event to the URL that the relay was given, signed as Standard Webhooks asks for. " +
				"Answer 2xx once it is kept, 410 to get no more; anything else is tried again.",
		},
		headers: func(string) []header {
			return []header{
				{"Content-Type", "The form of the payload.", cloudEventType},
				{"webhook-id", "The event id, which is the same each time that the event is sent.", exampleOf("id")},
				{"webhook-timestamp", "When this attempt was made, in seconds since 1970: refuse what is far from now.", "1769861105"},
				{"webhook-signature", "v1 and the HMAC-SHA256, in base64, of id, timestamp and body, joined by dots; one for each key that is valid.",
					"v1,xQKr39/pYLD44HBU3/Hj42tB9jZB+BYlDmbPkU2XU7A="},
			}
		},
		operation: object{"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}}},
	})
}
