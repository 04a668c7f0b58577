package pubsub_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/pubsub"
	"dossier/application/eventlog"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// withStandby is a primary with the schema, whose every commit a standby must
// have.
func withStandby(t *testing.T) (primary, standby *pgcluster.Server) {
	t.Helper()
	primary = pgcluster.New(t)
	_, err := postgres.Migrate(t.Context(), primary.URL("postgres"))
	must(t, err)
	standby = pgcluster.Follow(t, primary, "s1")
	must(t, primary.Set(t.Context(), "synchronous_standby_names", "s1"))
	return primary, standby
}

// What a handler wrote is on the standby together with the group's place, or
// neither is: a failover loses no message, and doubles none.
func TestAHandlersCommitThatNoStandbyHasIsLostWithItsPlace(t *testing.T) {
	t.Parallel() // it waits as long as a commit may
	primary, standby := withStandby(t)
	says(t, server(t, primary.URL("postgres")), numbered(3)...)
	accounts := newAccounts(t, primary.URL("postgres"))
	logger := faults{errors: make(chan error, 100)}
	s := open(t, primary.URL("postgres"), pubsub.Config{Logger: logger, BatchSize: 1})
	in := subscribeTo(t, s)
	handle := func(in <-chan *message.Message, want string) {
		t.Helper()
		msg := next(t, in)
		if got := position(t, msg); got != want {
			t.Fatalf("message %s came, want %s", got, want)
		}
		openAccount(t, msg)
		msg.Ack()
	}
	handle(in, "1")
	second := next(t, in) // the commit of the first is confirmed
	must(t, standby.Stop(t.Context(), pgcluster.Fast))
	openAccount(t, second)
	second.Ack()
	if err := <-logger.errors; !errors.Is(err, eventlog.ErrNotReplicated) {
		t.Errorf("the subscriber is told %v, want %v", err, eventlog.ErrNotReplicated)
	}
	if got := position(t, next(t, in)); got != "3" {
		t.Errorf("message %s follows, want 3: what was written would be written twice", got)
	}
	accounts.expect(t, 1, 2)
	must(t, primary.Kill())
	must(t, standby.Start(t.Context()))
	must(t, standby.Promote(t.Context()))
	in = subscribeTo(t, open(t, standby.URL("postgres"), pubsub.Config{Group: "test"}))
	handle(in, "2")
	handle(in, "3")
}

// A topic of one's own is a promise, too.
func TestAMessageThatNoStandbyHasIsNotGivenOut(t *testing.T) {
	t.Parallel()
	primary, standby := withStandby(t)
	publisher, err := pubsub.OpenPublisher(t.Context(), primary.URL("postgres"), nil)
	must(t, err)
	defer publisher.Close()
	publish := func(text string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // no standby comes sooner by waiting longer
		defer cancel()
		msg := message.NewMessage(text, message.Payload(text))
		msg.SetContext(ctx)
		return publisher.Publish("queue", msg)
	}
	must(t, publish("first"))
	in, err := open(t, primary.URL("postgres"), pubsub.Config{}).Subscribe(t.Context(), "queue")
	must(t, err)
	if msg := next(t, in); msg.UUID != "first" {
		t.Errorf("got %s", msg.UUID)
	} else {
		msg.Ack()
	}
	must(t, standby.Stop(t.Context(), pgcluster.Fast))
	if err := publish("second"); !errors.Is(err, eventlog.ErrNotReplicated) {
		t.Errorf("a message that no standby has was published: %v", err)
	}
	none(t, in)
	must(t, standby.Start(t.Context()))
	if msg := next(t, in); msg.UUID != "second" {
		t.Errorf("got %s", msg.UUID)
	} else {
		msg.Ack()
	}
}
