package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
)

// writer is the one connection that appends, with its statements prepared once
// and a Watermill publisher that inserts through it.
type writer struct {
	conn      *sql.Conn
	dialect   Dialect
	prepared  map[string]*sql.Stmt
	publisher *wsql.Publisher
	// lockedAt is when the log's lock was taken; zero while it is not held.
	lockedAt time.Time
	// checked says that the history of its server is the one that we know.
	checked bool
}

// lease is how long the lock is kept from one batch to the next. Taking it
// anew costs a round trip; other processes wait meanwhile.
const lease = 50 * time.Millisecond

// lock takes the log's lock, or keeps it.
func (w *writer) lock(ctx context.Context) error {
	statement := w.dialect.Lock
	if !w.lockedAt.IsZero() {
		if time.Since(w.lockedAt) < lease {
			return nil
		}
		statement = w.dialect.Relock
	}
	if err := w.exec(ctx, statement); err != nil {
		return err
	}
	w.lockedAt = time.Now()
	return nil
}

// commit makes durable what was appended, unless it is already.
func (w *writer) commit(ctx context.Context) error {
	if w.dialect.Commit == "" {
		return nil
	}
	w.lockedAt = time.Time{}
	return w.exec(ctx, w.dialect.Commit)
}

// unlock gives the lock back, if it is held.
func (w *writer) unlock(ctx context.Context) error {
	if w.lockedAt.IsZero() {
		return nil
	}
	w.lockedAt = time.Time{}
	return w.exec(ctx, w.dialect.Unlock)
}

// openWriter takes a connection out of the pool and prepares its statements.
func openWriter(ctx context.Context, db *sql.DB, d Dialect) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	w := &writer{conn: conn, dialect: d, prepared: map[string]*sql.Stmt{}}
	for _, statement := range []string{d.LoadBatch, d.Append} {
		stmt, err := conn.PrepareContext(ctx, statement)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare: %w", err), w.close())
		}
		w.prepared[statement] = stmt
	}
	w.publisher, err = wsql.NewPublisher(w, wsql.PublisherConfig{SchemaAdapter: schema{d}}, watermill.NopLogger{})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open a publisher: %w", err), w.close())
	}
	return w, nil
}

// ExecContext implements Watermill's ContextExecutor: a statement that was
// prepared runs as such, which saves the database from planning it again.
func (w *writer) ExecContext(ctx context.Context, query string, args ...any) (wsql.Result, error) {
	if stmt, ok := w.prepared[query]; ok {
		return stmt.ExecContext(ctx, args...)
	}
	return w.conn.ExecContext(ctx, query, args...)
}

// QueryContext implements Watermill's ContextExecutor.
func (w *writer) QueryContext(ctx context.Context, query string, args ...any) (wsql.Rows, error) {
	return w.query(ctx, query, args...)
}

func (w *writer) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt, ok := w.prepared[query]; ok {
		return stmt.QueryContext(ctx, args...)
	}
	return w.conn.QueryContext(ctx, query, args...)
}

func (w *writer) exec(ctx context.Context, query string, args ...any) error {
	_, err := w.ExecContext(ctx, query, args...)
	return err
}

// close closes the connection for good: what state it is in is not known.
func (w *writer) close() error {
	if errors.Is(w.conn.Raw(func(any) error { return nil }), sql.ErrConnDone) {
		return nil // it was found to be lost
	}
	if w.dialect.StatementsHold { // and database/sql leaves those of a Conn to their owner
		for _, stmt := range w.prepared {
			_ = stmt.Close() // what matters is that the connection is closed
		}
	}
	err := w.conn.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// fresh says whether the connection, which was not used for a while, can still
// be. Else a batch would find out, and database/sql looks only at connections
// that it takes out of the pool.
func (w *writer) fresh(ctx context.Context) bool {
	err := w.conn.Raw(func(conn any) error {
		if resetter, ok := conn.(driver.SessionResetter); ok {
			return resetter.ResetSession(ctx)
		}
		return nil
	})
	return err == nil
}

// ready returns the writer, opened anew after a fault.
func (s *Store) ready(ctx context.Context) (*writer, error) {
	if s.writer != nil && !s.writer.fresh(ctx) {
		s.dropWriter()
		s.forgetRead() // the server that they led to may be gone
	}
	if s.writer == nil {
		w, err := openWriter(ctx, s.pools.Log, s.dialect)
		if err != nil {
			return nil, err
		}
		s.writer = w
		s.confirmed.forget() // it may be another server's
	}
	return s.writer, nil
}

// unlock lets other processes append while this one has nothing to.
func (s *Store) unlock() {
	if s.writer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), batchTimeout)
	defer cancel()
	if err := s.writer.unlock(ctx); err != nil {
		s.logger.Debug("unlock the log", "error", err)
		s.dropWriter()
	}
}

// dropWriter forgets the connection, and all that was known through it.
func (s *Store) dropWriter() {
	if s.writer != nil {
		if err := s.writer.close(); err != nil {
			s.logger.Debug("close the writer", "error", err)
		}
	}
	s.writer = nil
	s.heads.clear()
	s.tail.clear()
}
