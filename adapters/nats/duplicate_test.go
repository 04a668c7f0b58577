package nats_test

import (
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"dossier/adapters/brokertest"
	"dossier/adapters/nats"
	"dossier/application/relay"
)

// of gives messages a relay and a generation.
func of(messages []relay.Message, name string, generation int64) []relay.Message {
	all := slices.Clone(messages)
	for i := range all {
		all[i].Relay, all[i].Generation = name, generation
	}
	return all
}

// publish publishes by a process of its own, and returns how many messages it
// had to repeat under another id.
func publish(t *testing.T, at string, messages []relay.Message) (repeated int) {
	t.Helper()
	b, err := nats.Open(t.Context(), target(t, at), func(relay.Message) { repeated++ })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	return repeated
}

// oneStream makes the stream of a node, for two subjects.
func oneStream(t *testing.T, n *node) jetstream.Stream {
	t.Helper()
	stream, err := manager(t, n.url("")).CreateStream(t.Context(), jetstream.StreamConfig{
		Name: nats.DefaultStream, Subjects: []string{"dossier.events.>", "kyc.>"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func holds(t *testing.T, stream jetstream.Stream, want uint64) {
	t.Helper()
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.State.Msgs != want {
		t.Errorf("the stream has %d messages, wanted %d", info.State.Msgs, want)
	}
}

// A stream knows ids, whatever the subject and whoever publishes.
func TestEachRelayIntoOneStreamStoresAll(t *testing.T) {
	n := single(t, nil)
	stream, messages := oneStream(t, n), brokertest.Messages(t, 5, 4)
	publish(t, n.url(""), of(messages, "crm", 1))
	publish(t, n.url("/kyc.log"), of(messages, "crm", 1)) // another subject
	publish(t, n.url("/kyc.log"), of(messages, "hr", 1))  // another relay
	holds(t, stream, 60)
	// Each again, as after a crash.
	for _, again := range []int{
		publish(t, n.url(""), of(messages, "crm", 1)),
		publish(t, n.url("/kyc.log"), of(messages, "hr", 1)),
	} {
		if again != 0 {
			t.Errorf("%d messages were repeated that the stream has", again)
		}
	}
	holds(t, stream, 60)
}

// What a person wants once more is no duplicate.
func TestAnotherGenerationIsStoredAgain(t *testing.T) {
	n := single(t, nil)
	stream, messages := oneStream(t, n), brokertest.Messages(t, 5, 4)
	publish(t, n.url(""), of(messages, "crm", 1))
	if again := publish(t, n.url(""), of(messages, "crm", 2)); again != 0 {
		t.Errorf("%d messages of a new generation were taken for known ones", again)
	}
	holds(t, stream, 40)
}

// The ids of a stream outlive a purge.
func TestKnownButPurgedIsPublishedAgain(t *testing.T) {
	n := single(t, nil)
	stream, messages := oneStream(t, n), of(brokertest.Messages(t, 5, 4), "crm", 1)
	publish(t, n.url(""), messages)
	for range 3 {
		if err := stream.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again := publish(t, n.url(""), messages); again != len(messages) {
			t.Errorf("%d messages were told to be repeated, wanted %d", again, len(messages))
		}
		if err := brokertest.CheckOnce(n.Stored(t), messages); err != nil {
			t.Error(err)
		}
	}
}

// What was removed at one sequence, while others stayed, is found out too.
func TestOneOfManyIsGone(t *testing.T) {
	n := single(t, nil)
	stream, messages := oneStream(t, n), of(brokertest.Messages(t, 5, 4), "crm", 1)
	publish(t, n.url(""), messages)
	if err := stream.DeleteMsg(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if again := publish(t, n.url(""), messages); again != 1 {
		t.Errorf("%d messages were repeated, wanted one", again)
	}
	holds(t, stream, 20)
}

// A process that saw a message stored does not repeat it when a consumer has
// taken it out of the stream.
func TestWhatWasSeenStoredIsNotRepeated(t *testing.T) {
	n := single(t, nil)
	stream, messages := oneStream(t, n), of(brokertest.Messages(t, 2, 2), "crm", 1)
	b, err := nats.Open(t.Context(), target(t, n.url("")), func(m relay.Message) { t.Errorf("event %d is repeated", m.Event.Position) })
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	holds(t, stream, 0)
}
