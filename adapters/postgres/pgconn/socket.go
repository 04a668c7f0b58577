package pgconn

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// Dialer opens connections that fail when the server says nothing for too
// long. lib/pq waits for the answer to a statement even after the context has
// ended, and where a network lets packets vanish there is none.
type Dialer struct {
	net.Dialer
	// Silence is how long the server may say nothing while it is asked something.
	Silence time.Duration
	// Until ends the connections, whatever lib/pq does with them; nil for never.
	Until context.Context
}

// DialTimeout implements pq.Dialer.
func (d Dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// Dial implements pq.Dialer.
func (d Dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext implements pq.DialerContext.
func (d Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s := &socket{Conn: conn, silence: d.Silence, forget: func() bool { return false }}
	if d.Until != nil {
		s.forget = context.AfterFunc(d.Until, func() { conn.Close() })
	}
	if connecting, ok := ctx.Value(dialingKey{}).(*dialing); ok {
		connecting.dialed(s)
	}
	return s, nil
}

// socket is a connection whose every read has a deadline. lib/pq reads only when
// it is owed an answer.
type socket struct {
	net.Conn
	silence time.Duration
	bounded atomic.Bool // by a deadline of lib/pq, for connecting
	forget  func() bool // the context that would end it

	sent   atomic.Int64 // bytes
	failed atomic.Pointer[error]
}

// Close implements net.Conn.
func (s *socket) Close() error {
	s.forget()
	return s.Conn.Close()
}

// SetDeadline implements net.Conn.
func (s *socket) SetDeadline(t time.Time) error {
	s.bounded.Store(!t.IsZero())
	return s.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (s *socket) Read(b []byte) (int, error) {
	if !s.bounded.Load() {
		if err := s.SetReadDeadline(time.Now().Add(s.silence)); err != nil {
			return 0, s.failing(err)
		}
	}
	n, err := s.Conn.Read(b)
	return n, s.failing(err)
}

// Write implements net.Conn.
func (s *socket) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	s.sent.Add(int64(n))
	return n, s.failing(err)
}

// failing keeps the first error, of which lib/pq leaves nothing.
func (s *socket) failing(err error) error {
	if err != nil {
		s.failed.CompareAndSwap(nil, &err)
	}
	return err
}

// cause is the error that ended the connection, or nil.
func (s *socket) cause() error {
	if err := s.failed.Load(); err != nil {
		return *err
	}
	return nil
}
