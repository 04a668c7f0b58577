package postgres

import (
	"context"
	"net"
	"time"
)

// How long a server may say nothing while it is asked something, by the use of
// the connection: a little more than it may take for a statement. A projection
// may empty a table of millions of rows.
const (
	logSilence   = 20 * time.Second
	modelSilence = 10 * time.Minute
	readSilence  = 35 * time.Second
	// A listener is told nothing for hours, but asks for an answer at intervals.
	listenSilence = pingInterval + 15*time.Second
)

// dialer opens connections that fail when the server says nothing for too
// long. lib/pq waits for the answer to a statement even after the context has
// ended, and where a network lets packets vanish there is none.
type dialer struct {
	net.Dialer
	silence time.Duration
	// until ends the connections, whatever lib/pq does with them; nil for never.
	until context.Context
}

// DialTimeout implements pq.Dialer.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// Dial implements pq.Dialer.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialContext implements pq.DialerContext.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	forget := func() bool { return false }
	if d.until != nil {
		forget = context.AfterFunc(d.until, func() { conn.Close() })
	}
	return &impatient{Conn: conn, silence: d.silence, forget: forget}, nil
}

// impatient is a connection whose every read has a deadline. lib/pq reads only
// when it is owed an answer.
type impatient struct {
	net.Conn
	silence time.Duration
	bounded bool        // by a deadline of lib/pq, for connecting
	forget  func() bool // the context that would end it
}

// Close implements net.Conn.
func (c *impatient) Close() error {
	c.forget()
	return c.Conn.Close()
}

// SetDeadline implements net.Conn.
func (c *impatient) SetDeadline(t time.Time) error {
	c.bounded = !t.IsZero()
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (c *impatient) Read(b []byte) (int, error) {
	if !c.bounded {
		if err := c.SetReadDeadline(time.Now().Add(c.silence)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(b)
}
