// Package kafka publishes the log to a topic of Apache Kafka, or of a broker
// that speaks its protocol (2.1 or newer).
//
// The key of a record stands for the event's session: all of a session's
// records are in one partition, in their order. It is the partition that the Java
// client chooses for the key (murmur2). The headers are
//
//	content-type             application/cloudevents+json; charset=UTF-8
//	ce_id                    the event id
//	ce_type                  the event's name
//	_watermill_message_uuid  the event id, for subscribers of watermill-kafka
//
// The producer is idempotent: what it sends again itself is stored once. What
// the relay publishes again, after an error or a restart, may be stored twice:
// consumers drop the ids that they know. The number of partitions must not
// change while sessions are open, for a session's next record would be in
// another one.
//
// A topic that is missing is made if the broker makes topics by itself.
package kafka

import (
	"regexp"

	"dossier/adapters/brokerurl"
)

// Target is what a URL says.
type Target struct{ brokerurl.Target }

// ParseURL reads a URL of the form
//
//	kafka://[user:password@]host:9092/TOPIC?host=h2:9092
//
// or, with TLS, `kafka+tls`. A user logs in by SASL/PLAIN. The error repeats no
// part of the text.
func ParseURL(text string) (Target, error) {
	t, err := form().Parse(text)
	return Target{t}, err
}

func form() brokerurl.Form {
	return brokerurl.Form{
		Example: "kafka://host:9092/dossier.events", Plain: "kafka", Secure: "kafka+tls", Port: "9092",
		ManyHosts: true, Name: regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`),
	}
}
