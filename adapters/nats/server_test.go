package nats_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/adapters/brokertest"
	"dossier/adapters/nats"
)

// node is a server of NATS in this process.
type node struct {
	options server.Options
	running *server.Server
}

// single returns a started server that stores in a directory of the test.
func single(t *testing.T, change func(*server.Options)) *node {
	n := &node{options: server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	}}
	if change != nil {
		change(&n.options)
	}
	n.Start(t)
	t.Cleanup(func() { n.Stop(t) })
	return n
}

// Start implements brokertest.Server.
func (n *node) Start(t *testing.T) {
	t.Helper()
	options := n.options
	running, err := server.NewServer(&options)
	if err != nil {
		t.Fatal(err)
	}
	running.Start()
	if !running.ReadyForConnections(brokertest.Patience) {
		t.Fatal("the server does not start")
	}
	n.running = running
	// The next start is under the same address.
	address, err := url.Parse(running.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(address.Port(), &n.options.Port); err != nil {
		t.Fatal(err)
	}
}

// Stop implements brokertest.Server.
func (n *node) Stop(*testing.T) {
	n.running.Shutdown()
	n.running.WaitForShutdown()
}

// url is that of the server, with what follows the host.
func (n *node) url(rest string) string {
	return fmt.Sprintf("nats://127.0.0.1:%d%s", n.options.Port, rest)
}

func target(t *testing.T, text string) nats.Target {
	t.Helper()
	to, err := nats.ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// Open implements brokertest.Server.
func (n *node) Open(t *testing.T) brokertest.Broker {
	t.Helper()
	b, err := nats.Open(t.Context(), target(t, n.url("")), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Stored implements brokertest.Server.
func (n *node) Stored(t *testing.T) []brokertest.Stored {
	t.Helper()
	return stored(t, n.url(""))
}

// manager returns a connection of an administrator.
func manager(t *testing.T, at string) jetstream.JetStream {
	t.Helper()
	conn, err := natsgo.Connect(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// stored reads the default stream.
func stored(t *testing.T, at string) (all []brokertest.Stored) {
	t.Helper()
	js := manager(t, at)
	stream, err := js.Stream(t.Context(), nats.DefaultStream)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for held := stream.CachedInfo().State.Msgs; uint64(len(all)) < held; {
		batch, err := consumer.Fetch(int(min(1000, held-uint64(len(all)))), jetstream.FetchMaxWait(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			all = append(all, read(t, m))
		}
	}
	return all
}

func read(t *testing.T, m jetstream.Msg) brokertest.Stored {
	t.Helper()
	key, ours := strings.CutPrefix(m.Subject(), "dossier.events.default.")
	if !ours || m.Headers().Get("Content-Type") != "application/cloudevents+json" {
		t.Errorf("a message has the subject %s and the headers %v", m.Subject(), m.Headers())
	}
	return brokertest.Stored{
		ID: m.Headers().Get("ce-id"), Type: m.Headers().Get("ce-type"), Key: key, Body: string(m.Data()),
	}
}
