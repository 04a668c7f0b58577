package pgconn

import (
	"context"
	"database/sql/driver"
	"strings"
	"unicode"

	"github.com/lib/pq"
)

// pqConn is what a connection of lib/pq can.
type pqConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// conn is a connection of lib/pq whose answers are looked at. database/sql lets
// one goroutine use it at a time.
type conn struct {
	pqConn
	socket *socket
	writes bool
	// since is the generation that it was opened in, of the pool's.
	since      int64
	generation *Generation

	inTx   bool
	notice *pq.Error // an unconfirmed commit that was not told of yet
	broken bool
}

// noticed takes what the server says beside its answers.
func (c *conn) noticed(notice *pq.Error) {
	if unconfirmed(notice) {
		c.notice = notice
	}
}

// told returns what the caller is told of a call that may commit, which began
// when the socket had sent so many bytes.
func (c *conn) told(sent int64, err error) error {
	if c.writes && again(err) && c.socket.sent.Load() != sent {
		c.broken = true
		err = lost(c.socket.cause())
	}
	return c.confirmed(err)
}

// confirmed returns the error, or that of a commit that is not confirmed.
func (c *conn) confirmed(err error) error {
	err = quiet(err)
	if c.notice == nil {
		return err
	}
	notice := c.notice
	c.notice = nil
	return unreplicated(notice, err)
}

// recovered turns a panic of the driver into an error. It is deferred.
func (c *conn) recovered(err *error) {
	if value := recover(); value != nil {
		c.broken = true
		c.socket.Close() // what state the protocol is in is not known
		*err = c.confirmed(panicked(value))
	}
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (result driver.Result, err error) {
	defer c.recovered(&err)
	sent := c.socket.sent.Load()
	result, err = c.pqConn.ExecContext(ctx, query, args)
	return result, c.told(sent, err)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	defer c.recovered(&err)
	if c.writes && !c.inTx && ctx.Done() != nil && changes(query) {
		return c.queryPrepared(ctx, query, args)
	}
	sent := c.socket.sent.Load()
	rows, err = c.pqConn.QueryContext(ctx, query, args)
	return c.answered(ctx, sent, rows, err)
}

// changes says whether a query begins like one that changes rows.
func changes(query string) bool {
	query = strings.TrimSpace(query)
	if end := strings.IndexFunc(query, unicode.IsSpace); end > 0 {
		query = query[:end]
	}
	switch strings.ToUpper(query) {
	case "INSERT", "UPDATE", "DELETE", "MERGE", "WITH":
		return true
	default:
		return false
	}
}

// queryPrepared runs a query as a prepared statement. When a context ends, lib/pq
// reads on what a prepared statement is answered, and nothing of another query:
// the warning would be lost.
func (c *conn) queryPrepared(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	all, err := prepared.(*stmt).QueryContext(ctx, args)
	if err != nil {
		_ = prepared.Close() // its error must not hide the first
		return nil, err
	}
	all.(*rows).after = prepared.Close
	return all, nil
}

// answered returns the rows of a query. If its context has ended, database/sql
// would tell of nothing else, so what the rows end with is looked at first.
func (c *conn) answered(ctx context.Context, sent int64, inner driver.Rows, err error) (driver.Rows, error) {
	if err != nil {
		return nil, c.told(sent, err)
	}
	r := &rows{pqRows: inner.(pqRows), conn: c, sent: sent}
	if !c.writes || ctx.Err() == nil {
		return r, nil
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return nil, ctx.Err()
}

// PrepareContext implements driver.ConnPrepareContext. It writes nothing, so
// database/sql may repeat it.
func (c *conn) PrepareContext(ctx context.Context, query string) (prepared driver.Stmt, err error) {
	defer c.recovered(&err)
	inner, err := c.pqConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, c.confirmed(err)
	}
	return &stmt{Stmt: inner, conn: c}, nil
}

// Prepare implements driver.Conn.
func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// BeginTx implements driver.ConnBeginTx. It writes nothing, so database/sql may
// repeat it.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (begun driver.Tx, err error) {
	defer c.recovered(&err)
	inner, err := c.pqConn.BeginTx(ctx, options)
	if err != nil {
		return nil, c.confirmed(err)
	}
	c.inTx = true
	return &tx{inner, c}, nil
}

// Begin implements driver.Conn.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// Ping implements driver.Pinger.
func (c *conn) Ping(ctx context.Context) (err error) {
	defer c.recovered(&err)
	return c.confirmed(c.pqConn.Ping(ctx))
}

// Close implements driver.Conn.
func (c *conn) Close() (err error) {
	defer c.recovered(&err)
	return c.pqConn.Close()
}

// ResetSession implements driver.SessionResetter: it is called before a
// connection is used that was used before, and returns driver.ErrBadConn for one
// that is of no more use. It asks the server nothing.
func (c *conn) ResetSession(ctx context.Context) error {
	if !c.IsValid() || !c.socket.alive() {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool {
	return !c.broken && c.since == c.generation.current() && c.pqConn.IsValid()
}

// tx is a transaction of a conn.
type tx struct {
	driver.Tx
	conn *conn
}

// Commit implements driver.Tx.
func (t *tx) Commit() (err error) {
	defer t.conn.recovered(&err)
	t.conn.inTx = false
	sent := t.conn.socket.sent.Load()
	return t.conn.told(sent, t.Tx.Commit())
}

// Rollback implements driver.Tx.
func (t *tx) Rollback() (err error) {
	defer t.conn.recovered(&err)
	t.conn.inTx = false
	return t.conn.confirmed(t.Tx.Rollback())
}
