package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"

	"dossier/adapters/storetest"
	"dossier/application/eventlog"
)

// proxy stands between a store and its server, and can be cut as a network is.
type proxy struct {
	address, server string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	copying  sync.WaitGroup
}

// through returns the URL of a database through a new proxy.
func through(t *testing.T, databaseURL string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil || u.Hostname() == "" || u.Query().Get("sslmode") != "disable" {
		t.Skip("the server of the tests is not reached over a plain TCP connection")
	}
	p := &proxy{server: u.Host, address: "127.0.0.1:0"}
	if u.Port() == "" {
		p.server = net.JoinHostPort(u.Hostname(), "5432")
	}
	p.mend(t)
	t.Cleanup(p.cut)
	u.Host = p.address
	return p, u.String()
}

// mend lets connections through, at the address of before.
func (p *proxy) mend(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener, p.address = listener, listener.Addr().String()
	p.copying.Go(func() { p.accept(listener) })
}

func (p *proxy) accept(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			client.Close()
			return
		}
		p.mu.Lock()
		cut := p.listener != listener
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		if cut {
			client.Close()
			server.Close()
			return
		}
		p.copying.Go(func() { pipe(client, server) })
		p.copying.Go(func() { pipe(server, client) })
	}
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // until one side is gone
	to.Close()
	from.Close()
}

// cut ends all connections and refuses new ones.
func (p *proxy) cut() {
	p.mu.Lock()
	if p.listener != nil {
		p.listener.Close()
	}
	p.listener = nil
	for _, conn := range p.conns {
		conn.Close()
	}
	p.conns = nil
	p.mu.Unlock()
	p.copying.Wait()
}

// While the server is away appends are refused as what they are, and when it is
// back the same store writes them.
func TestServerGoesAwayAndComesBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := newDatabase(t)
	p, address := through(t, d.url)
	s := run(t, address, storetest.Options{})
	if _, err := s.Append(ctx, request("a", "1")); err != nil {
		t.Fatal(err)
	}
	p.cut()
	for range 3 {
		if _, err := s.Append(ctx, request("a", "2")); !errors.Is(err, eventlog.ErrUnavailable) && !errors.Is(err, eventlog.ErrOutcomeUnknown) {
			t.Errorf("an append while the server is away: %v", err)
		}
	}
	p.mend(t)
	if _, err := insist(ctx, s, request("a", "2")); err != nil {
		t.Error(err)
	}
	if got, want := says(t, s), []string{"1", "2"}; !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// A shutdown must not wait for a server that is away.
func TestStoreStopsWhileTheServerIsAway(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := newDatabase(t)
	p, address := through(t, d.url)
	before, after := run(t, address, storetest.Options{}), run(t, address, storetest.Options{})
	if _, err := before.Append(ctx, request("a", "1")); err != nil {
		t.Fatal(err)
	}
	p.cut()
	p.mend(t)
	late := open(t, address, config(storetest.Options{}))
	p.cut()
	for _, s := range []*running{before, after, start(t, late)} { // the last one never had a connection that listens
		s.stop()
		select {
		case <-s.ended:
		case <-ctx.Done():
			t.Fatal("a store does not stop")
		}
	}
}
