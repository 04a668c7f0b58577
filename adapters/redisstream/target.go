// Package redisstream publishes the log to one stream of Redis (5 or newer).
//
// An entry has these fields, all of them text:
//
//	id                       the event id
//	type                     the event's name
//	app                      its app
//	partitionkey             stands for its session
//	payload                  the CloudEvent, in JSON
//	_watermill_message_uuid  the event id, for subscribers of watermill-redisstream
//
// The last two are what the standard unmarshaller of watermill-redisstream
// reads. Entries stand in the order of the log within a session. Redis has no
// memory of what was added: an event that is published again, after an error or
// a restart, stands in the stream twice, and consumers drop the ids that they
// know. How much of the stream survives a crash of Redis is its own setting
// (`appendfsync always` loses nothing that it has acknowledged).
package redisstream

import (
	"regexp"

	"dossier/adapters/brokerurl"
)

// Target is what a URL says.
type Target struct {
	brokerurl.Target
	DB int
	// MaxLen is about how many entries the stream keeps; 0: all. Those that go
	// are lost for who has not read them.
	MaxLen int
}

// ParseURL reads a URL of the form
//
//	redis://[user][:password@]host:6379/STREAM?db=0&maxlen=1000000
//
// or, with TLS, `rediss`. The error repeats no part of the text.
func ParseURL(text string) (Target, error) {
	t, err := form().Parse(text)
	if err != nil {
		return Target{}, err
	}
	db, err := t.Number("db", 0, 0, 1<<16)
	if err != nil {
		return Target{}, err
	}
	maxLen, err := t.Number("maxlen", 0, 1, 1<<31-1)
	if err != nil {
		return Target{}, err
	}
	return Target{Target: t, DB: db, MaxLen: maxLen}, nil
}

func form() brokerurl.Form {
	return brokerurl.Form{
		Example: "redis://host:6379/dossier.events", Plain: "redis", Secure: "rediss", Port: "6379",
		Options: []string{"db", "maxlen"}, Name: regexp.MustCompile(`^[A-Za-z0-9._:{}-]{1,250}$`),
	}
}
