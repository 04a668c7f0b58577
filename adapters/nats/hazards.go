package nats

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// hazards are the settings of a stream by which it may lose what it has
// acknowledged, or store it twice. How the server writes to its disk, and how
// often, is told to nobody but its administrator.
func hazards(c jetstream.StreamConfig) (found []string) {
	if c.Storage == jetstream.MemoryStorage {
		found = append(found, "storage memory: a restart loses the stream; make it with storage file")
	}
	if c.PersistMode == jetstream.AsyncPersistMode {
		found = append(found, "persist_mode async: what is acknowledged is not written yet; make the stream with persist_mode default")
	}
	if c.Retention == jetstream.InterestPolicy {
		found = append(found, "retention interest: what no consumer waits for is acknowledged and not stored; make the stream with retention limits")
	}
	if limits := dropping(c); len(limits) > 0 {
		found = append(found, strings.Join(limits, ", ")+": old messages are dropped, read or not; let the limits outlast the longest "+
			"absence of a consumer, or set discard new, with which the relay waits")
	}
	if c.Duplicates < window {
		found = append(found, fmt.Sprintf("duplicate_window %s: after a longer outage messages are stored twice; set %s or more", c.Duplicates, window))
	}
	return found
}

// dropping are the limits beyond which a stream drops its oldest messages. Age is
// one, however it discards.
func dropping(c jetstream.StreamConfig) (limits []string) {
	if c.MaxAge > 0 {
		limits = append(limits, fmt.Sprint("max_age ", c.MaxAge))
	}
	old := c.Discard == jetstream.DiscardOld
	if old && c.MaxBytes > 0 {
		limits = append(limits, fmt.Sprint("max_bytes ", c.MaxBytes, " with discard old"))
	}
	if old && c.MaxMsgs > 0 {
		limits = append(limits, fmt.Sprint("max_msgs ", c.MaxMsgs, " with discard old"))
	}
	if c.MaxMsgsPerSubject > 0 && !c.DiscardNewPerSubject {
		limits = append(limits, fmt.Sprint("max_msgs_per_subject ", c.MaxMsgsPerSubject, ", which is for each session"))
	}
	return limits
}
