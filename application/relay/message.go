package relay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// Message is one event on its way out.
type Message struct {
	Event eventlog.Recorded
	// Key is the keyed reference of the event's session. Messages with one key
	// arrive in the order of the log. It opens nothing: it may be logged, and be
	// a part of subjects and headers.
	Key string
	// Body is the event in its envelope, a CloudEvent in JSON.
	Body []byte
	// Relay and Generation are those of the place from which a broker gets the
	// message; none for receivers. A broker that drops what it knows has to tell
	// two relays apart, and a person's wish to have all once more from an accident.
	Relay      string
	Generation int64
}

// Envelope makes the message of an event. It must be safe for concurrent use. Its
// errors are logged: they hold nothing of the event's text.
type Envelope interface {
	Message(e eventlog.Recorded) (Message, error)
}

// Broker stores messages. It must be safe for concurrent use.
type Broker interface {
	// Publish returns nil once the broker has stored all messages, in their
	// order. After an error any of them may be stored: publish them again. The
	// error is [ErrRefused] if trying again will not help before someone changes
	// something. It is logged: it holds neither the broker's URL nor the text of
	// messages.
	Publish(ctx context.Context, messages []Message) error
}

// Connection is a broker that was reached. It reconnects by itself.
type Connection interface {
	Broker
	// Hazards returns the broker's settings by which it may lose what it has
	// acknowledged, or store it twice, each with what to set instead: those that the
	// broker told when it was reached. They are logged.
	Hazards() []string
	// Close ends the connection, and what is being published.
	Close() error
}

// Receiver is an HTTP endpoint. It must be safe for concurrent use.
type Receiver interface {
	// Deliver returns nil once the receiver has accepted the message. Other
	// errors are [ErrGone] and [Failure]; it may have accepted it in spite of
	// one.
	Deliver(ctx context.Context, m Message) error
}

var (
	// ErrRefused: a broker answered that it will not take the messages, for want
	// of credentials, of rights or of a place to store them.
	ErrRefused = errors.New("the broker refuses")
	// ErrGone: the receiver answered 410 and wants no more messages.
	ErrGone = errors.New("the receiver is gone (410)")
)

// Failure is one delivery that a receiver did not accept.
type Failure struct {
	Status     int           // of the answer; 0: there was none
	RetryAfter time.Duration // what the receiver asked for; 0: nothing
	Err        error         // without the receiver's URL and the message's text
}

// Error tells the failure.
func (f *Failure) Error() string {
	switch {
	case f.Status != 0:
		return fmt.Sprintf("answered %d", f.Status)
	case f.Err != nil:
		return f.Err.Error()
	default:
		return "no answer"
	}
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }
