package main

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// wire is a TCP connection to a database that a test can cut, as a failover or
// a network does.
type wire struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	pumps sync.WaitGroup
}

// wireTo returns a wire to the server of a database's URL, and the URL through
// the wire.
func wireTo(t *testing.T, databaseURL string) (w *wire, throughURL string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database's URL can't be read") // the error would repeat a password
	}
	w = &wire{target: u.Host, conns: map[net.Conn]bool{}}
	if u.Port() == "" {
		w.target = net.JoinHostPort(u.Hostname(), "5432")
	}
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.pumps.Go(w.accept)
	t.Cleanup(w.close)
	u.Host = w.listener.Addr().String()
	return w, u.String()
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.target)
		if err != nil || !w.join(near, far) {
			near.Close()
			if far != nil {
				far.Close()
			}
			continue
		}
		w.pumps.Go(func() { pump(near, far) })
		w.pumps.Go(func() { pump(far, near) })
	}
}

// join notes a pair of connections, unless the wire is cut.
func (w *wire) join(near, far net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return false
	}
	w.conns[near], w.conns[far] = true, true
	return true
}

// pump copies until either end is closed, and then closes both.
func pump(to, from net.Conn) {
	_, _ = io.Copy(to, from) // an error is how it ends
	to.Close()
	from.Close()
}

// sever cuts all connections and lets none come up.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for conn := range w.conns {
		conn.Close()
	}
	clear(w.conns)
}

// mend lets connections come up again.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = false
}

func (w *wire) close() {
	w.listener.Close()
	w.sever()
	w.pumps.Wait()
}
