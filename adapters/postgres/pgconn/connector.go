package pgconn

import (
	"context"
	"database/sql/driver"
	"errors"
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
	// Primary: a server that is a standby is refused.
	Primary bool
	// Settings are made for each session, by their names. Those of the URL go
	// before them. The values are in the form in which the server shows them.
	Settings map[string]string
	// Generation ends the use of old connections; nil for never.
	Generation *Generation

	bare bool // of what Probe opens: no settings
}

// Connector opens connections. It implements driver.Connector and is safe for
// concurrent use.
type Connector struct {
	inner    *pq.Connector   // nil if it can't connect
	each     []*pq.Connector // one for each host, if there are several
	options  Options
	settings settings
}

// NewConnector returns a connector. It does not connect.
func NewConnector(a Address, o Options) *Connector {
	if o.Primary {
		a = a.Primary()
	}
	c := &Connector{options: o, settings: newSettings(o.Settings, a.settings)}
	c.inner = c.innerOf(a)
	for _, host := range a.each() {
		if inner := c.innerOf(host); inner != nil {
			c.each = append(c.each, inner)
		}
	}
	return c
}

// innerOf returns nil for what is wrong, which was looked for before.
func (c *Connector) innerOf(a Address) *pq.Connector {
	inner, err := pq.NewConnector(a.DSN())
	if err != nil {
		return nil
	}
	inner.Dialer(Dialer{Silence: c.options.Silence})
	return inner
}

// Driver implements driver.Connector.
func (c *Connector) Driver() driver.Driver { return &pq.Driver{} }

// Connect implements driver.Connector. It returns when ctx ends, also while the
// server says nothing. Its errors are ErrConnect; some are ErrUnsupported,
// ErrStandby, ErrLeftBehind or ErrParameter, too.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.inner == nil {
		return nil, ErrParameter
	}
	made, err := c.connect(ctx, c.inner)
	if !errors.Is(err, ErrLeftBehind) {
		return made, connecting(ctx, err)
	}
	// lib/pq stays at the first host that is a primary, and that one is to be passed
	// over.
	for _, inner := range c.each {
		if made, err := c.connect(ctx, inner); err == nil {
			return made, nil
		}
	}
	return nil, connecting(ctx, err)
}

func (c *Connector) connect(ctx context.Context, from *pq.Connector) (driver.Conn, error) {
	since := c.options.Generation.current()
	dialing := &dialing{ctx: ctx}
	defer dialing.end()
	inner, err := from.Connect(context.WithValue(ctx, dialingKey{}, dialing))
	if err != nil {
		return nil, err
	}
	made := &conn{
		pqConn: inner.(pqConn), socket: dialing.last, writes: c.options.Writes,
		since: since, generation: c.options.Generation,
	}
	pq.SetNoticeHandler(inner, made.noticed)
	if c.options.bare {
		return made, nil
	}
	if err := c.setUp(ctx, made); err != nil {
		made.Close()
		return nil, err
	}
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
