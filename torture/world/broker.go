package world

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/eventlog"
)

// NodeCommand is the argument that makes the program a node of the broker.
const NodeCommand = "node"

const nodes = 3

// Broker is a cluster of NATS servers with JetStream, each a process of its own.
type Broker struct {
	nodes []*node
}

type node struct {
	name, client, cluster, folder, routes string
	log                                   string
	cmd                                   *exec.Cmd
}

// OpenBroker starts a cluster that stores in a folder, and returns when it has a
// leader.
func OpenBroker(ctx context.Context, folder string) (*Broker, error) {
	b := &Broker{}
	var routes []string
	for i := range nodes {
		n := &node{name: fmt.Sprintf("n%d", i), folder: filepath.Join(folder, fmt.Sprintf("broker-%d", i))}
		n.log = n.folder + ".log"
		var err error
		if n.client, err = freeAddress(); err != nil {
			return nil, err
		}
		if n.cluster, err = freeAddress(); err != nil {
			return nil, err
		}
		routes = append(routes, "nats://"+n.cluster)
		b.nodes = append(b.nodes, n)
	}
	for _, n := range b.nodes {
		n.routes = strings.Join(routes, ",")
		if err := n.start(); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	if err := b.awaitLeader(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (n *node) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.cmd = exec.Command(program, NodeCommand, n.name, n.client, n.cluster, n.routes, n.folder)
	n.cmd.Stdout, n.cmd.Stderr = log, log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return n.cmd.Start()
}

// RunNode is the process of a node.
func RunNode(ctx context.Context, args []string) error {
	if len(args) != 5 {
		return errors.New("a node needs its name, two addresses, the routes and a folder")
	}
	var routes []*url.URL
	for _, text := range strings.Split(args[3], ",") {
		u, err := url.Parse(text)
		if err != nil {
			return err
		}
		routes = append(routes, u)
	}
	options := &server.Options{
		ServerName: args[0], JetStream: true, StoreDir: args[4], NoSigs: true, Routes: routes,
	}
	options.Cluster.Name = "torture"
	if err := place(args[1], &options.Host, &options.Port); err != nil {
		return err
	}
	if err := place(args[2], &options.Cluster.Host, &options.Cluster.Port); err != nil {
		return err
	}
	running, err := server.NewServer(options)
	if err != nil {
		return err
	}
	running.ConfigureLogger()
	running.Start()
	<-ctx.Done()
	running.Shutdown()
	running.WaitForShutdown()
	return nil
}

func place(address string, host *string, port *int) error {
	at, number, found := strings.Cut(address, ":")
	if !found {
		return fmt.Errorf("not an address: %s", address)
	}
	*host = at
	_, err := fmt.Sscan(number, port)
	return err
}

// URL is what a relay's --to says.
func (b *Broker) URL() string {
	return fmt.Sprintf("nats://%s/?replicas=%d&host=%s&host=%s", b.nodes[0].client, nodes, b.nodes[1].client, b.nodes[2].client)
}

// Connect returns a connection to any node that lives; close it by its function.
func (b *Broker) Connect() (jetstream.JetStream, func(), error) {
	var urls []string
	for _, n := range b.nodes {
		urls = append(urls, "nats://"+n.client)
	}
	conn, err := nats.Connect(strings.Join(urls, ","))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(conn)
	return js, conn.Close, err
}

// StreamName is where a relay stores by default.
const StreamName = "DOSSIER"

// leader returns which node leads the stream.
func (b *Broker) leader(ctx context.Context) (*node, error) {
	js, end, err := b.Connect()
	if err != nil {
		return nil, err
	}
	defer end()
	stream, err := js.Stream(ctx, StreamName)
	if err != nil {
		return nil, err
	}
	if cluster := stream.CachedInfo().Cluster; cluster != nil {
		for _, n := range b.nodes {
			if n.name == cluster.Leader {
				return n, nil
			}
		}
	}
	return nil, errors.New("the stream has no leader")
}

// awaitLeader returns when the cluster can make streams: it has a leader then.
func (b *Broker) awaitLeader(ctx context.Context) error {
	const probe, limit, interval = "PROBE", time.Minute, 200 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		js, end, err := b.Connect()
		if err == nil {
			short, stop := context.WithTimeout(ctx, 5*time.Second)
			_, err = js.CreateStream(short, jetstream.StreamConfig{Name: probe, Subjects: []string{"probe"}, Replicas: nodes})
			stop()
			end()
		}
		if err == nil || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return nil
		}
		if !eventlog.Pause(ctx, interval) {
			return fmt.Errorf("the broker has no leader: %w", err)
		}
	}
}

// KillLeader ends the process of the stream's leader without warning, and
// returns what starts it again.
func (b *Broker) KillLeader(ctx context.Context) (again func() error, err error) {
	const limit = 5 * time.Second
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	n, err := b.leader(ctx)
	if err != nil {
		return nil, err
	}
	n.end()
	return n.start, nil
}

func (n *node) end() {
	if n.cmd == nil || n.cmd.Process == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may be gone already
	_ = n.cmd.Wait()
}

// Close ends all nodes.
func (b *Broker) Close() error {
	for _, n := range b.nodes {
		n.end()
	}
	return nil
}
