package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// flaky opens connections that fail when they are told to, as a disk or a
// network would: before a statement does something, or after it did.
type flaky struct {
	path string

	mu     sync.Mutex
	faults []fault
}

// fault is what becomes of the next statement that contains a text.
type fault struct {
	statement, argument string
	before, after       error
}

// errLost is an error that tells nothing.
var errLost = errors.New("the answer was lost")

func (f *flaky) fail(faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, faults...)
}

// take returns the first fault that applies, which applies once.
func (f *flaky) take(statement string, args []driver.NamedValue) fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.faults {
		if strings.Contains(statement, fault.statement) && mentions(args, fault.argument) {
			f.faults = append(f.faults[:i:i], f.faults[i+1:]...)
			return fault
		}
	}
	return fault{}
}

func mentions(args []driver.NamedValue, text string) bool {
	if text == "" {
		return true
	}
	for _, arg := range args {
		if s, ok := arg.Value.(string); ok && strings.Contains(s, text) {
			return true
		}
	}
	return false
}

// Driver implements driver.Connector.
func (f *flaky) Driver() driver.Driver { return &sqlite.Driver{} }

// Connect implements driver.Connector.
func (f *flaky) Connect(context.Context) (driver.Conn, error) {
	name, err := dsn(f.path, writable("synchronous(FULL)"))
	if err != nil {
		return nil, err
	}
	conn, err := f.Driver().Open(name)
	if err != nil {
		return nil, err
	}
	return flakyConn{conn.(everyConn), f}, nil
}

// everyConn is what the driver's connections can do, as far as it is used.
type everyConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type flakyConn struct {
	everyConn
	f *flaky
}

func (c flakyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	fault := c.f.take(query, args)
	if fault.before != nil {
		return nil, fault.before
	}
	result, err := c.everyConn.ExecContext(ctx, query, args)
	return result, errors.Join(err, fault.after)
}

func (c flakyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.everyConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return flakyStmt{stmt.(everyStmt), query, c.f}, nil
}

type everyStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type flakyStmt struct {
	everyStmt
	query string
	f     *flaky
}

func (s flakyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	fault := s.f.take(s.query, args)
	if fault.before != nil {
		return nil, fault.before
	}
	result, err := s.everyStmt.ExecContext(ctx, args)
	return result, errors.Join(err, fault.after)
}

func (s flakyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if fault := s.f.take(s.query, args); fault.before != nil {
		return nil, fault.before
	}
	return s.everyStmt.QueryContext(ctx, args)
}
