package nats_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"dossier/adapters/brokertest"
	"dossier/adapters/nats"
)

const (
	nodes         = 3
	sessions      = 300
	perSession    = 12
	wantedInTotal = sessions * perSession
)

// A node of a cluster goes while the log is relayed, that which leads the
// stream, and comes back: nothing is lost, each session keeps its order, and
// what was published again within the stream's window is stored once.
func TestClusterLosesItsLeaderDuringARelay(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
	defer cancel()
	cluster := startCluster(t)
	broker, err := nats.Open(ctx, target(t, fmt.Sprintf("nats://%s/?replicas=%d&host=%s&host=%s",
		cluster[0].address(), nodes, cluster[1].address(), cluster[2].address())), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	log := filledLog(t)
	watched := watch(broker, wantedInTotal/3, wantedInTotal*2/3)

	leader := leaderOf(t, ctx, cluster)
	wire := watchWire(t, cluster[(leader+1)%nodes])
	relayed := make(chan error, 1)
	relaying, end := context.WithCancel(ctx)
	defer end()
	go func() { relayed <- log.relay(watched).Run(relaying) }()

	await(t, ctx, watched.reached[0])
	cluster[leader].Stop(t)
	await(t, ctx, watched.reached[1])
	cluster[leader].Start(t)
	eventually(t, "all is relayed", func() bool { return log.position(t) == wantedInTotal })
	end()
	if err := <-relayed; err != nil {
		t.Error(err)
	}

	held := stored(t, cluster[leader].url(""))
	if err := brokertest.CheckOnce(held, log.messages(t)); err != nil {
		t.Error(err)
	}
	seen, again := wire()
	t.Logf("relayed %d events of %d sessions; publishing failed %d times and was tried again; "+
		"on the wire %d messages, of them %d again; stored %d, of them %d twice",
		wantedInTotal, sessions, watched.failed, seen, again, len(held), len(held)-wantedInTotal)
}

// startCluster starts nodes that know each other.
func startCluster(t *testing.T) (all []*node) {
	routes := make([]*url.URL, nodes)
	for i := range routes {
		routes[i] = &url.URL{Scheme: "nats", Host: freeAddress(t)}
	}
	for i := range nodes {
		n := &node{options: server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT,
			JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, Routes: routes,
		}}
		n.options.Cluster.Name, n.options.Cluster.Host = "test", "127.0.0.1"
		if _, err := fmt.Sscan(routes[i].Port(), &n.options.Cluster.Port); err != nil {
			t.Fatal(err)
		}
		n.Start(t)
		t.Cleanup(func() { n.Stop(t) })
		all = append(all, n)
	}
	eventually(t, "the cluster has a leader and all nodes", func() bool {
		for _, n := range all {
			if n.running.JetStreamIsLeader() {
				return len(n.running.JetStreamClusterPeers()) == nodes
			}
		}
		return false
	})
	return all
}

func (n *node) address() string { return fmt.Sprintf("127.0.0.1:%d", n.options.Port) }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// eventually waits for what the library gives no signal of.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(brokertest.Patience)
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("never: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func await(t *testing.T, ctx context.Context, signal <-chan struct{}) {
	t.Helper()
	select {
	case <-signal:
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
}

// leaderOf returns which node leads the stream.
func leaderOf(t *testing.T, ctx context.Context, cluster []*node) (leader int) {
	t.Helper()
	js := manager(t, cluster[0].url(""))
	eventually(t, "the stream has a leader", func() bool {
		stream, err := js.Stream(ctx, nats.DefaultStream)
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		_, err = fmt.Sscanf(stream.CachedInfo().Cluster.Leader, "n%d", &leader)
		return err == nil
	})
	return leader
}
