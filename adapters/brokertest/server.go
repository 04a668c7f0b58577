package brokertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"dossier/adapters/cloudevents"
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
)

// Broker is what is tested.
type Broker interface {
	relay.Broker
	Close() error
}

// Stored is a message as a consumer finds it in the broker.
type Stored struct {
	ID   string // of the event
	Type string
	Key  string // of the session
	Body string
}

// Server is an empty server of one kind. Its methods fail the test if they
// can't do what they are for.
type Server interface {
	// Open returns a broker. The suite closes it.
	Open(t *testing.T) Broker
	// Stored returns all that the server holds; what has one key in its order.
	Stored(t *testing.T) []Stored
	// Stop ends the server, whose data outlives it, and Start starts it again
	// under its old address.
	Stop(t *testing.T)
	Start(t *testing.T)
}

// Patience bounds one case: what has not come by then never will. It is far
// more than a case takes, for the machine may be busy.
const Patience = 2 * time.Minute

// Messages returns so many events of so many sessions each, as the relay would
// hand them over: by position, the sessions interleaved.
func Messages(t testing.TB, sessions, each int) []relay.Message {
	t.Helper()
	envelope := cloudevents.New(sessionref.Key{1}, false)
	all := make([]relay.Message, 0, sessions*each)
	for version := range each {
		for session := range sessions {
			e := Event(t, session, int64(version+1))
			e.Position = int64(len(all) + 1)
			m, err := envelope.Message(e)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, m)
		}
	}
	return all
}

// Event returns an event of a session.
func Event(t testing.TB, session int, version int64) eventlog.Recorded {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	return eventlog.Recorded{
		EventID: id.String(), Version: version, Type: "kyc.webhook_discarded.v1",
		Stream:     eventlog.Stream{App: kyc.DefaultApp, Session: kyc.SessionID(fmt.Sprintf("session-%d", session))},
		Data:       fmt.Sprintf(`{"status":"ON_HOLD","reason":"<é> %d"}`, version),
		Metadata:   `{}`,
		RecordedAt: time.Date(2026, 3, 1, 9, 30, 0, 123456000, time.UTC),
	}
}

// Insist publishes until the broker has stored the messages, as the relay
// does, and returns how many tries have failed.
func Insist(ctx context.Context, b relay.Broker, messages []relay.Message) (failed int, err error) {
	for {
		if err = b.Publish(ctx, messages); err == nil {
			return failed, nil
		}
		failed++
		select {
		case <-ctx.Done():
			return failed, err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
