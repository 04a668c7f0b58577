// Package nats publishes the log to NATS JetStream.
//
// An event is published on `SUBJECT.{app}.{key}`, where the key stands for its
// session: a consumer may take one app, or share the sessions out. The headers
// are
//
//	Nats-Msg-Id              RELAY/SUBJECT/GENERATION/ID: JetStream drops a second one within its window
//	Nats-Expected-Stream     the stream that must store it
//	Content-Type             application/cloudevents+json
//	ce-id                    the event id
//	ce-type                  the event's name
//	_watermill_message_uuid  the event id, for subscribers of watermill-nats
//
// The stream is made if it is missing; one that exists is never changed. A
// message that was published again after the window is stored again: consumers
// drop the event ids that they know. An acknowledged duplicate is looked for in the
// stream, unless this process saw it stored: what was purged since is published
// again under another id, with a number behind it.
package nats

import (
	"regexp"
	"strings"

	"dossier/adapters/brokerurl"
)

// DefaultStream is the stream of a URL that names none.
const DefaultStream = "DOSSIER"

// Target is what a URL says.
type Target struct {
	brokerurl.Target
	Stream   string
	Replicas int // of the stream, if it is made
}

// ParseURL reads a URL of the form
//
//	nats://[user:password@]host:4222/SUBJECT?stream=NAME&replicas=3&host=h2:4222
//
// or, with TLS, `nats+tls`. A user without a password is a token. The error
// repeats no part of the text.
func ParseURL(text string) (Target, error) {
	t, err := form().Parse(text)
	if err != nil {
		return Target{}, err
	}
	stream := DefaultStream
	if named := t.Option("stream"); named != "" {
		stream = named
	}
	if !streamName().MatchString(stream) {
		return Target{}, errStreamName
	}
	replicas, err := t.Number("replicas", 1, 1, 5)
	if err != nil {
		return Target{}, err
	}
	return Target{Target: t, Stream: stream, Replicas: replicas}, nil
}

func form() brokerurl.Form {
	return brokerurl.Form{
		Example: "nats://host:4222/dossier.events", Plain: "nats", Secure: "nats+tls", Port: "4222",
		Options: []string{"stream", "replicas"}, ManyHosts: true,
		// Wildcards and the server's own subjects are no place to publish.
		Name: regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`),
	}
}

func streamName() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`) }

// servers returns the hosts as the client library wants them: without
// credentials, which it would print.
func (t Target) servers() string {
	scheme := "nats://"
	if t.TLS {
		scheme = "tls://"
	}
	return scheme + strings.Join(t.Hosts, ","+scheme)
}

// subjects matches everything that is published.
func (t Target) subjects() string { return t.Name + ".>" }
