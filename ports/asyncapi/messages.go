package asyncapi

import "maps"

// message names the message of an event on a transport.
func (t transport) message(event string) string { return event + "." + t.name }

// messages are those of every event on every transport.
func messages() object {
	all := object{}
	for _, t := range transports() {
		maps.Copy(all, keyed(t.message, t.describe))
	}
	return all
}

func (t transport) describe(event string) object {
	data := parsed(event)
	properties, values, required := object{}, object{}, []any{}
	for _, h := range t.headers(event) {
		properties[h.name] = text(h.doc)
		values[h.name] = h.value
		required = append(required, h.name)
	}
	m := object{
		"name": event, "title": data["title"], "summary": data["description"], "contentType": t.contentType,
		"headers":       object{"type": "object", "properties": properties, "required": required},
		"payload":       ref(schemaPath + enveloped(event, t.envelope)),
		"correlationId": t.correlation,
		"examples":      []any{object{"name": "example", "headers": values, "payload": enveloping(t.envelope, event)}},
	}
	if t.bindings != nil {
		m["bindings"] = t.bindings
	}
	return m
}
