package pgproxy

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// link is one connection of a client, and the one to the server that belongs to
// it.
type link struct {
	proxy          *Proxy
	client, server net.Conn

	mu       sync.Mutex
	mute     bool          // nothing more is said to the client
	happened chan struct{} // closed when the loss is complete
}

// startLength of a request to cancel, which is a connection of its own.
const cancelCode = 80877102

// run carries messages both ways until either side ends.
func (l *link) run() {
	defer l.cut()
	reader := bufio.NewReader(l.client)
	first, err := readStart(reader)
	if err != nil {
		return
	}
	if len(first.text) >= 4 && binary.BigEndian.Uint32(first.text) == 80877103 {
		// TLS is asked for: there is none.
		if _, err := l.client.Write([]byte("N")); err != nil {
			return
		}
		if first, err = readStart(reader); err != nil {
			return
		}
	}
	if _, err := l.server.Write(first.bytes()); err != nil {
		return
	}
	if len(first.text) >= 4 && binary.BigEndian.Uint32(first.text) == cancelCode {
		_, _ = io.Copy(io.Discard, l.server) // the server closes when it has done so
		return
	}
	var backward sync.WaitGroup
	backward.Go(func() {
		defer l.cut()
		l.toClient()
	})
	l.toServer(reader)
	l.cut()
	backward.Wait()
}

func (l *link) toServer(reader *bufio.Reader) {
	seen := writes{prepared: map[string]bool{}}
	for {
		m, err := readMessage(reader)
		if err != nil {
			return
		}
		l.proxy.gate()
		if seen.see(m) {
			what, happened := l.proxy.take()
			switch what {
			case demand:
				l.cut()
				close(happened)
				return
			case answer:
				l.silence(happened)
			}
		}
		if _, err := l.server.Write(m.bytes()); err != nil {
			return
		}
	}
}

// silence says nothing more to the client, and cuts when the server is done.
func (l *link) silence(happened chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute, l.happened = true, happened
}

func (l *link) toClient() {
	reader := bufio.NewReader(l.server)
	defer l.told()
	for {
		m, err := readMessage(reader)
		if err != nil {
			return
		}
		l.proxy.gate()
		l.mu.Lock()
		mute := l.mute
		l.mu.Unlock()
		if mute && m.kind == fromServerReady {
			return // what it was asked for is committed by now
		}
		if mute {
			continue
		}
		if _, err := l.client.Write(m.bytes()); err != nil {
			return
		}
	}
}

// told notes that a loss is complete, however it ended.
func (l *link) told() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.happened != nil {
		close(l.happened)
		l.happened = nil
	}
}

// cut resets both connections.
func (l *link) cut() {
	reset(l.client)
	reset(l.server)
}

// reset ends a connection so that the peer is told of an error, not of an end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
