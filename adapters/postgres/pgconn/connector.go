package pgconn

import (
	"context"
	"database/sql/driver"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// Options are what the connections of a pool are for.
type Options struct {
	// Silence is how long the server may say nothing while it is asked something.
	Silence time.Duration
	// Writes: no statement may run twice. Without it, one whose answer is lost
	// does not matter and is run again.
	Writes bool
	// Generation ends the use of old connections; nil for never.
	Generation *Generation
}

// Generation counts when all connections of some pools were given up. It is safe
// for concurrent use.
type Generation struct{ number atomic.Int64 }

// Renew lets no connection be used again that was opened before: an idle one is
// closed instead of being taken, and one in use when it is given back.
func (g *Generation) Renew() { g.number.Add(1) }

func (g *Generation) current() int64 {
	if g == nil {
		return 0
	}
	return g.number.Load()
}

// Connector opens connections. It implements driver.Connector and is safe for
// concurrent use.
type Connector struct {
	inner   *pq.Connector
	options Options
}

// NewConnector returns a connector for a DSN of lib/pq, whose errors it returns;
// they may repeat the DSN.
func NewConnector(dsn string, o Options) (*Connector, error) {
	inner, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	inner.Dialer(Dialer{Silence: o.Silence})
	return &Connector{inner, o}, nil
}

// Driver implements driver.Connector.
func (c *Connector) Driver() driver.Driver { return c.inner.Driver() }

// Connect implements driver.Connector. It returns when ctx ends, also while the
// server says nothing.
func (c *Connector) Connect(ctx context.Context) (_ driver.Conn, err error) {
	since := c.options.Generation.current()
	dialing := &dialing{ctx: ctx}
	defer func() { err = ended(ctx, err) }()
	defer dialing.end()
	inner, err := c.inner.Connect(context.WithValue(ctx, dialingKey{}, dialing))
	if err != nil {
		return nil, err
	}
	made := &conn{
		pqConn: inner.(pqConn), socket: dialing.last, writes: c.options.Writes,
		since: since, generation: c.options.Generation,
	}
	pq.SetNoticeHandler(inner, made.noticed)
	return made, nil
}

// dialing is what one call of Connect has dialed, which lib/pq does not tell.
// With several hosts, the last is the one that it stayed at.
type dialing struct {
	ctx    context.Context
	last   *socket
	forget func() bool
}

type dialingKey struct{}

// dialed takes a new connection, which ends with the context while it is being
// set up.
func (d *dialing) dialed(s *socket) {
	d.end()
	d.last = s
	d.forget = context.AfterFunc(d.ctx, func() { s.Close() })
}

// end lets the context end without the connection.
func (d *dialing) end() {
	if d.forget != nil {
		d.forget()
	}
}
