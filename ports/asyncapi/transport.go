package asyncapi

const (
	cloudEventType = "application/cloudevents+json"
	// defaultName is where relays publish unless they are told otherwise.
	defaultName = "dossier.events"
)

// transport is one way on which events leave.
type transport struct {
	name        string
	summary     string
	envelope    string // a schema
	contentType string
	server      object
	channel     object
	operation   object
	// headers of the message of an event.
	headers func(event string) []header
	// bindings of a message; nil: none.
	bindings object
	// correlation is where a message says what it came with.
	correlation object
}

// header is one header, with its value in the example.
type header struct{ name, doc, value string }

// transports returns every way.
func transports() []transport {
	return []transport{liveStream(), jetStream(), kafka(), redisStream(), receiver()}
}

func servers() object {
	all := object{}
	for _, t := range transports() {
		all[t.name] = t.server
	}
	return all
}

func channels() object {
	all := object{}
	for _, t := range transports() {
		all[t.name] = with(t.channel, object{
			"summary": t.summary,
			"servers": []any{ref("servers/" + t.name)},
			"messages": keyed(func(event string) string { return event }, func(event string) object {
				return ref("components/messages/" + t.message(event))
			}),
		})
	}
	return all
}

// operations are what this service does: it sends.
func operations() object {
	all := object{}
	for _, t := range transports() {
		all["send."+t.name] = with(t.operation, object{
			"action": "send", "channel": ref("channels/" + t.name), "summary": t.summary,
		})
	}
	return all
}

// host is a server whose place is not known here.
func host(protocol, defaultHost, description string) object {
	return object{
		"host": "{host}", "protocol": protocol, "description": description,
		"variables": object{"host": object{"default": defaultHost, "description": "Host and port."}},
	}
}
