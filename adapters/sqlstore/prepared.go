package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// prepared keeps the statements of the calls that are made most, so that the
// database need not plan them again for each. A list with optional filters is
// not for it: planned without its values, it would use no index.
type prepared struct {
	mu         sync.Mutex
	statements map[string]*sql.Stmt
}

// on returns the statement, prepared at its first use. It belongs to the pool
// and is closed with it.
func (p *prepared) on(ctx context.Context, db *sql.DB, query string) (*sql.Stmt, error) {
	if statement, ok := p.find(query); ok {
		return statement, nil
	}
	// Not under the mutex: who waits for a slow database must not keep others
	// from giving up.
	statement, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.keep(query, statement), nil
}

func (p *prepared) find(query string) (*sql.Stmt, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	statement, ok := p.statements[query]
	return statement, ok
}

// keep returns the statement that was kept first.
func (p *prepared) keep(query string, statement *sql.Stmt) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	if first, ok := p.statements[query]; ok {
		_ = statement.Close() // it was prepared twice at once
		return first
	}
	if p.statements == nil {
		p.statements = map[string]*sql.Stmt{}
	}
	p.statements[query] = statement
	return statement
}

// preparedReads runs prepared statements on the pool of reads.
type preparedReads struct{ *Store }

// QueryContext implements queryer.
func (r preparedReads) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	statement, err := r.prepared.on(ctx, r.pools.Reads, query)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(ctx, args...)
}

// scanPrepared scans the only row of a prepared statement, or returns
// sql.ErrNoRows.
func (s *Store) scanPrepared(ctx context.Context, query string, args []any, into ...any) error {
	statement, err := s.prepared.on(ctx, s.pools.Reads, query)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(ctx, args...).Scan(into...)
}
