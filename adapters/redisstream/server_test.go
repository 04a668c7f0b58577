package redisstream_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"dossier/adapters/brokertest"
	"dossier/adapters/redisstream"
)

const stream = "dossier.events"

// server is one of the two that the tests run on.
type server interface {
	brokertest.Server
	address() string
	client(t *testing.T) *redis.Client
}

// backends are the servers: a real one if it is installed, and always one in
// this process.
func backends() map[string]func(t *testing.T, password string) server {
	return map[string]func(*testing.T, string) server{"miniredis": startMini, "redis-server": startReal}
}

// onEach runs a test on every server.
func onEach(t *testing.T, password string, test func(t *testing.T, s server)) {
	for name, start := range backends() {
		t.Run(name, func(t *testing.T) { test(t, start(t, password)) })
	}
}

// common is what the servers share.
type common struct{ at, password string }

func (c *common) address() string { return c.at }

// url is that of the server with its password.
func (c *common) url() string { return "redis://:" + c.password + "@" + c.at }

// Open implements brokertest.Server.
func (c *common) Open(t *testing.T) brokertest.Broker {
	t.Helper()
	b, err := redisstream.Open(t.Context(), target(t, c.url()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func target(t *testing.T, text string) redisstream.Target {
	t.Helper()
	to, err := redisstream.ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func (c *common) client(t *testing.T) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: c.at, Password: c.password, Protocol: 2, DisableIdentity: true})
	t.Cleanup(func() { client.Close() })
	return client
}

// Stored implements brokertest.Server.
func (c *common) Stored(t *testing.T) (all []brokertest.Stored) {
	t.Helper()
	entries, err := c.client(t).XRange(t.Context(), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, read(t, e.Values))
	}
	return all
}

func read(t *testing.T, fields map[string]any) brokertest.Stored {
	t.Helper()
	text := func(name string) string { s, _ := fields[name].(string); return s }
	if len(fields) != 6 || text("app") != "default" || text("_watermill_message_uuid") != text("id") {
		t.Errorf("an entry has the fields %v", fields)
	}
	return brokertest.Stored{ID: text("id"), Type: text("type"), Key: text("partitionkey"), Body: text("payload")}
}

// mini is a server in this process.
type mini struct {
	common
	running *miniredis.Miniredis
}

func startMini(t *testing.T, password string) server {
	m := miniredis.NewMiniRedis()
	if password != "" {
		m.RequireAuth(password)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return &mini{common{m.Addr(), password}, m}
}

// Stop implements brokertest.Server.
func (m *mini) Stop(*testing.T) { m.running.Close() }

// Start implements brokertest.Server.
func (m *mini) Start(t *testing.T) {
	t.Helper()
	if err := m.running.Restart(); err != nil {
		t.Fatal(err)
	}
}

// program is a redis-server of its own process.
type program struct {
	common
	dir     string
	running *exec.Cmd
}

func startReal(t *testing.T, password string) server {
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("DOSSIER_TEST_REQUIRE_REDIS") != "" {
			t.Fatal("redis-server is not installed, and must be")
		}
		t.Skip("redis-server is not installed")
	}
	p := &program{common: common{freeAddress(t), password}, dir: t.TempDir()}
	p.Start(t)
	t.Cleanup(func() { p.Stop(t) })
	return p
}

// Start implements brokertest.Server.
func (p *program) Start(t *testing.T) {
	t.Helper()
	_, port, err := net.SplitHostPort(p.at)
	if err != nil {
		t.Fatal(err)
	}
	p.running = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", p.dir, "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--requirepass", p.password, "--logfile", filepath.Join(p.dir, "log"))
	p.running.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.running.Stdout = io.Discard // a pipe: Wait returns when its children have ended too
	if err := p.running.Start(); err != nil {
		t.Fatal(err)
	}
	client, limit := p.client(t), time.After(brokertest.Patience)
	for client.Ping(t.Context()).Err() != nil {
		select {
		case <-limit:
			t.Fatal("redis-server does not start")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop implements brokertest.Server. It kills the server's children too: one
// that rewrites the file of its appends would write into a folder that is being
// deleted.
func (p *program) Stop(t *testing.T) {
	t.Helper()
	if p.running == nil {
		return
	}
	if err := syscall.Kill(-p.running.Process.Pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	p.running.Wait() // it was killed, and says so
	p.running = nil
}

// freeAddress returns one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
