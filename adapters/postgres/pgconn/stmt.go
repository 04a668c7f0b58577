package pgconn

import (
	"context"
	"database/sql/driver"
)

// stmt is a prepared statement of a conn. A COPY of lib/pq is one, too, and
// knows no contexts.
type stmt struct {
	driver.Stmt
	conn *conn
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	defer s.conn.recovered(&err)
	sent := s.conn.socket.sent.Load()
	if inner, ok := s.Stmt.(driver.StmtExecContext); ok {
		result, err = inner.ExecContext(ctx, args)
	} else {
		//lint:ignore SA1019 it is all that a COPY has
		result, err = s.Stmt.Exec(values(args))
	}
	return result, s.conn.told(sent, err)
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	defer s.conn.recovered(&err)
	sent := s.conn.socket.sent.Load()
	if inner, ok := s.Stmt.(driver.StmtQueryContext); ok {
		rows, err = inner.QueryContext(ctx, args)
	} else {
		//lint:ignore SA1019 it is all that a COPY has
		rows, err = s.Stmt.Query(values(args))
	}
	return s.conn.answered(ctx, sent, rows, err)
}

// Exec implements driver.Stmt.
func (s *stmt) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), named(args))
}

// Query implements driver.Stmt.
func (s *stmt) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), named(args))
}

// Close implements driver.Stmt.
func (s *stmt) Close() (err error) {
	defer s.conn.recovered(&err)
	return s.conn.confirmed(s.Stmt.Close())
}

func values(args []driver.NamedValue) []driver.Value {
	plain := make([]driver.Value, len(args))
	for i, arg := range args {
		plain[i] = arg.Value
	}
	return plain
}

func named(args []driver.Value) []driver.NamedValue {
	all := make([]driver.NamedValue, len(args))
	for i, arg := range args {
		all[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
	}
	return all
}
