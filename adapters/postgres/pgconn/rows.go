package pgconn

import (
	"database/sql/driver"
	"errors"
	"io"
)

// pqRows is what rows of lib/pq can.
type pqRows interface {
	driver.Rows
	driver.RowsNextResultSet
	driver.RowsColumnTypeScanType
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypePrecisionScale
}

// rows are the rows of a query. A statement that returns rows may also write:
// whether it was committed is known when they end.
type rows struct {
	pqRows
	conn *conn
	sent int64 // by the socket, before the query
	// after is called when they are closed; nil for nothing.
	after func() error
}

// Next implements driver.Rows.
func (r *rows) Next(into []driver.Value) (err error) {
	defer r.conn.recovered(&err)
	if err := r.pqRows.Next(into); err != nil {
		return r.end(err)
	}
	return nil
}

// Close implements driver.Rows.
func (r *rows) Close() (err error) {
	defer r.conn.recovered(&err)
	err = r.end(r.pqRows.Close())
	if r.after != nil {
		_ = r.after() // what the rows ended with is what counts
	}
	return err
}

func (r *rows) end(err error) error {
	if !errors.Is(err, io.EOF) {
		return r.conn.told(r.sent, err)
	}
	if unconfirmed := r.conn.confirmed(nil); unconfirmed != nil {
		return unconfirmed
	}
	return err
}
