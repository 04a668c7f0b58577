// Package pgproxy is a proxy between a client and a PostgreSQL server that
// loses what a network may lose: the answer of a commit, the commit itself, all
// connections, or time. It understands as much of the protocol as it needs for
// that. It speaks no TLS.
package pgproxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// What happens to the next write of events.
type loss int

const (
	none   loss = iota
	answer      // the server commits, the client never hears of it
	demand      // the server never hears of it
)

// Proxy listens on a port of the loopback address.
type Proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	target  string
	links   map[*link]bool
	next    loss
	lost    chan struct{} // closed when the armed loss has happened
	armed   chan struct{} // closed when a loss is armed
	stalled chan struct{} // nil, or closed when traffic goes on
	closed  bool
}

// Open starts a proxy for a server at a host and port.
func Open(target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: listener, target: target, links: map[*link]bool{}, armed: make(chan struct{})}
	p.running.Go(p.accept)
	return p, nil
}

// Address is the host and port that clients connect to.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Close ends the proxy and its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.Flow()
	err := p.listener.Close()
	p.Reset()
	p.running.Wait()
	return err
}

// Lead makes new connections lead to another server. Those that exist stay, as
// behind a virtual address.
func (p *Proxy) Lead(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Reset cuts all connections, both ways, so that the peers are told at once.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Stall lets nothing through, in either direction, until Flow is called.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

// Flow ends a stall.
func (p *Proxy) Flow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

// LoseAnswer waits for the next write of events, lets the server commit it and
// cuts the connection before the client is told. It returns ctx.Err() if there
// was no write in time.
func (p *Proxy) LoseAnswer(ctx context.Context) error { return p.lose(ctx, answer) }

// LoseDemand waits for the next write of events and cuts the connection before
// the server is asked for it.
func (p *Proxy) LoseDemand(ctx context.Context) error { return p.lose(ctx, demand) }

func (p *Proxy) lose(ctx context.Context, what loss) error {
	happened := make(chan struct{})
	p.mu.Lock()
	p.next, p.lost = what, happened
	close(p.armed)
	p.mu.Unlock()
	select {
	case <-happened:
		return nil
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.lost == happened {
			p.disarm()
		}
		return ctx.Err()
	}
}

// take returns the loss that a write of events meets, which is then used up.
func (p *Proxy) take() (loss, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what, happened := p.next, p.lost
	if what != none {
		p.disarm()
	}
	return what, happened
}

// disarm uses a loss up; the lock is held.
func (p *Proxy) disarm() {
	p.next, p.lost = none, nil
	p.armed = make(chan struct{})
}

// Armed is closed while a loss waits for a write.
func (p *Proxy) Armed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.armed
}

// gate waits while traffic is stalled.
func (p *Proxy) gate() {
	p.mu.Lock()
	stalled := p.stalled
	p.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		p.running.Go(func() { p.serve(client) })
	}
}

const dialLimit = 5 * time.Second

func (p *Proxy) serve(client net.Conn) {
	p.gate()
	p.mu.Lock()
	target := p.target
	p.mu.Unlock()
	server, err := net.DialTimeout("tcp", target, dialLimit)
	if err != nil {
		reset(client)
		return
	}
	l := &link{proxy: p, client: client, server: server}
	p.mu.Lock()
	p.links[l] = true
	closed := p.closed
	p.mu.Unlock()
	if closed {
		l.cut()
	}
	l.run()
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}
