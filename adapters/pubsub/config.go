package pubsub

import (
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// Topic is the name of Dossier's log of events as a topic.
const Topic = eventlog.Topic

var (
	// ErrClosed: the subscriber or publisher was closed.
	ErrClosed = errors.New("closed")
	// ErrReserved: only Dossier itself appends to the topic of events.
	ErrReserved = errors.New("the topic " + Topic + " is Dossier's own, nobody else can publish to it")
	// ErrURL: the text is not the URL of a database. The error does not repeat it,
	// for it may hold a password.
	ErrURL = errors.New("not a database: sqlite:PATH or a postgres:// URL is expected")
)

// Config is how a [Subscriber] consumes. Zero values are good defaults, but for
// the group.
type Config struct {
	// Group is the consumer group, 1 to 100 characters of a-z, 0-9, dot, dash and
	// underscore. All that consume for the same purpose share it.
	Group string
	// Start is where the group begins if it does not exist yet: by default with
	// the first message of the topic.
	Start consumer.Start
	// Logger is told of faults; nil for nobody.
	Logger watermill.LoggerAdapter
	// BatchSize is how many messages are read at most at a time, 1000 by default.
	// Fewer are for slow handlers: about what a tenth of a second is enough for.
	BatchSize int
	// AckDeadline is how long a message may take, with all its repetitions, until
	// its context ends and it is delivered anew; 30 s by default. Negative: for
	// ever.
	AckDeadline time.Duration
	// ResendDelay is how long a message waits that was not acknowledged, 1 s by
	// default.
	ResendDelay time.Duration
	// Lease is how long a subscription that is not heard of keeps its group, 15 s
	// by default.
	Lease time.Duration
	// CloseTimeout is how long the message that a handler has in hand may still
	// take when the subscription ends, 5 s by default.
	CloseTimeout time.Duration

	pollInterval    time.Duration // how long a wake-up is trusted to come
	standbyInterval time.Duration // how often the others of a group ask for it
	now             func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Logger == nil {
		c.Logger = watermill.NopLogger{}
	}
	if c.BatchSize <= 0 {
		c.BatchSize = 1000
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.AckDeadline, 30 * time.Second}, {&c.ResendDelay, time.Second}, {&c.Lease, 15 * time.Second},
		{&c.CloseTimeout, 5 * time.Second}, {&c.pollInterval, time.Second}, {&c.standbyInterval, time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if c.now == nil {
		c.now = time.Now
	}
	return c
}

// ackDeadline is as Watermill means it: 0 is for ever.
func (c Config) ackDeadline() *time.Duration {
	deadline := max(0, c.AckDeadline)
	return &deadline
}
