package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/codec"
	"dossier/application/access"
)

var (
	// ErrNoSuchToken: there is no valid token with that id.
	ErrNoSuchToken = errors.New("no such token")
	// ErrTokenExists: there is another token with that id.
	ErrTokenExists = errors.New("there is a token with that id")
)

const (
	selectTokens = `SELECT id, name, role, sha256, created_at FROM tokens WHERE revoked_at = 0 ORDER BY created_at, id`

	// Each may be carried out twice: the answer to the first time may get lost.
	insertToken = `INSERT INTO tokens (id, name, role, sha256, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (id) DO UPDATE SET revoked_at = tokens.revoked_at
WHERE tokens.name = excluded.name AND tokens.role = excluded.role AND tokens.sha256 = excluded.sha256
  AND tokens.created_at = excluded.created_at`

	insertFirstToken = `INSERT INTO tokens (id, name, role, sha256, created_at, revoked_at)
SELECT $1, $2, $3, $4, $5, 0 WHERE NOT EXISTS (SELECT 1 FROM tokens WHERE id <> $1 OR sha256 <> $4)
ON CONFLICT (id) DO UPDATE SET revoked_at = tokens.revoked_at WHERE tokens.revoked_at = 0`

	deleteToken = `DELETE FROM tokens WHERE id = $1 AND sha256 = $2`

	revokeToken      = `UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0`
	revokeTokenAgain = `UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IN (0, $1)`

	insertSetting = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`

	selectSetting = `SELECT value FROM settings WHERE name = $1`
)

// Tokens implements [access.TokenStore].
func (s *Store) Tokens(ctx context.Context) ([]access.Token, error) {
	var tokens []access.Token
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		var t access.Token
		var role string
		var hash []byte
		var created int64
		if err := rows.Scan(&t.ID, &t.Name, &role, &hash, &created); err != nil {
			return err
		}
		known := false
		t.Role, known = access.ParseRole(role)
		if !known || len(hash) != len(t.Hash) {
			return fmt.Errorf("token %s with role %q and a hash of %d bytes", t.ID, role, len(hash))
		}
		copy(t.Hash[:], hash)
		t.CreatedAt = codec.TimeOf(created)
		tokens = append(tokens, t)
		return nil
	}, selectTokens)
	return tokens, wrap("read the tokens", err)
}

// AddToken stores a token. While a synchronous standby is missing it waits for
// it until ctx ends. To add the same one again changes nothing; it returns
// ErrTokenExists for another one with its id.
func (s *Store) AddToken(ctx context.Context, t access.Token) error {
	n, err := s.execSetup(ctx, insertToken, t.ID, t.Name, t.Role.String(), t.Hash[:], codec.Micros(t.CreatedAt))
	if err == nil && n == 0 {
		err = ErrTokenExists
	}
	return wrap("add a token", err)
}

// AddFirstToken stores a token unless there ever was one, or the same, and reports whether
// it did.
func (s *Store) AddFirstToken(ctx context.Context, t access.Token) (bool, error) {
	n, err := s.insist(ctx, func(ctx context.Context) (int64, error) {
		return s.execAlone(ctx, insertFirstToken, t.ID, t.Name, t.Role.String(), t.Hash[:], codec.Micros(t.CreatedAt))
	})
	if err != nil {
		s.forgetToken(context.WithoutCancel(ctx), t)
	}
	return n == 1, wrap("add the first token", err)
}

// forgetToken deletes a token that nobody was shown, if it was stored. It need not
// be durable: what then is left is a token that nobody has.
func (s *Store) forgetToken(ctx context.Context, t access.Token) {
	ctx, cancel := context.WithTimeout(ctx, setupWait)
	defer cancel()
	err := s.inModels(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, deleteToken, t.ID, t.Hash[:])
		return err
	})
	if err != nil {
		s.logger.Debug("forget a token", "error", err)
	}
}

// RevokeToken makes a token invalid, or returns ErrNoSuchToken.
func (s *Store) RevokeToken(ctx context.Context, id string, now time.Time) error {
	statement := revokeToken
	n, err := s.insist(ctx, func(ctx context.Context) (int64, error) {
		defer func() { statement = revokeTokenAgain }()
		return s.execDurable(ctx, statement, codec.Micros(now), id)
	})
	if err == nil && n == 0 {
		err = ErrNoSuchToken
	}
	return wrap("revoke a token", err)
}

// FindSetting returns what is stored under a name, empty if nothing is.
func (s *Store) FindSetting(ctx context.Context, name string) (value string, err error) {
	err = s.pools.Reads.QueryRowContext(ctx, selectSetting, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, s.readError("read the setting "+name, err)
}

// Setting returns what is stored under a name, after storing the proposed value
// if there was none: of several processes that propose, one wins.
func (s *Store) Setting(ctx context.Context, name, proposed string) (value string, err error) {
	n, err := s.execSetup(ctx, insertSetting, name, proposed)
	if err == nil && n == 0 {
		err = s.settled(ctx)
	}
	if err != nil {
		return "", wrap("store a setting", err)
	}
	err = s.pools.Log.QueryRowContext(ctx, selectSetting, name).Scan(&value)
	return value, wrap("read a setting", err)
}

// execAlone is execDurable under the log's lock: of two processes that look at
// once whether there is a row, both would see none.
func (s *Store) execAlone(ctx context.Context, statement string, args ...any) (n int64, err error) {
	if err := s.writing.acquire(ctx); err != nil {
		return 0, err
	}
	defer s.writing.release()
	conn, err := s.pools.Log.Conn(ctx)
	if err != nil {
		return 0, err
	}
	w := &writer{conn: conn, dialect: s.dialect}
	defer func() { err = errors.Join(err, w.close()) }() // which gives the lock back
	if err := w.lock(ctx); err != nil {
		return 0, err
	}
	result, err := conn.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	if n, err = result.RowsAffected(); err != nil {
		return 0, err
	}
	return n, w.commit(ctx)
}
