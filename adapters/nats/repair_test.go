package nats_test

import (
	"context"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"dossier/adapters/brokertest"
	"dossier/adapters/nats"
	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// relayAll relays the whole log, in a process of its own.
func relayAll(t *testing.T, n *node, log filled) {
	t.Helper()
	b := n.Open(t)
	defer b.Close()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	relayed := make(chan error, 1)
	go func() { relayed <- log.relay(b).Run(ctx) }()
	eventually(t, "all is relayed", func() bool { return log.position(t) == wantedInTotal })
	end()
	if err := <-relayed; err != nil {
		t.Error(err)
	}
}

// The repair that is documented: a person moves the relay's place back, and all
// is stored again, within the window too.
func TestPurgedStreamIsRepairedByASeek(t *testing.T) {
	n, log := single(t, nil), filledLog(t)
	relayAll(t, n, log)
	stream, err := manager(t, n.url("")).Stream(t.Context(), nats.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := consumer.ID{Topic: eventlog.Topic, Name: consumer.RelayName("nats")}
	if _, err := log.store.Groups().Seek(t.Context(), id, 0); err != nil {
		t.Fatal(err)
	}
	relayAll(t, n, log)
	if err := brokertest.CheckOnce(n.Stored(t), log.messages(t)); err != nil {
		t.Error(err)
	}
}

// A stream that was deleted is made again though someone else listens to the
// subject, so that nobody tells that JetStream does not.
func TestDeletedStreamIsMadeAgainAfterATimeout(t *testing.T) {
	n := single(t, nil)
	b, messages := n.Open(t), brokertest.Messages(t, 2, 2)
	defer b.Close()
	watcher, err := natsgo.Connect(n.url(""))
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.Close()
	if _, err := watcher.SubscribeSync("dossier.events.>"); err != nil {
		t.Fatal(err)
	}
	if err := watcher.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := manager(t, n.url("")).DeleteStream(t.Context(), nats.DefaultStream); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	if _, err := brokertest.Insist(ctx, b, messages); err != nil {
		t.Fatal(err)
	}
	if err := brokertest.CheckOnce(n.Stored(t), messages); err != nil {
		t.Error(err)
	}
}
