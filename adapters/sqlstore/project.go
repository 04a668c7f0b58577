package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dossier/application/projection"
)

const (
	selectCheckpoint = `SELECT position FROM checkpoints WHERE name = $1`

	upsertCheckpoint = `INSERT INTO checkpoints (name, version, position) VALUES ($1, $2, 0)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = 0`

	insertCheckpoint = `INSERT INTO checkpoints (name, version, position) VALUES ($1, '', 0)
ON CONFLICT (name) DO NOTHING`

	moveCheckpoint = `UPDATE checkpoints SET position = $1 WHERE name = $2`
)

// tables are the tables of each read model.
func tables(name string) []string {
	switch name {
	case projection.SessionsName:
		return []string{`DELETE FROM steps`, `DELETE FROM sessions`}
	case projection.FlagsName:
		return []string{`DELETE FROM flags`}
	default:
		return nil
	}
}

// Checkpoint implements [projection.Store].
func (s *Store) Checkpoint(ctx context.Context, name string) (int64, error) {
	var position int64
	err := s.scanPrepared(ctx, selectCheckpoint, []any{name}, &position)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return position, s.readError("read a checkpoint", err)
}

// Prepare implements [projection.Store].
func (s *Store) Prepare(ctx context.Context, name, version string) error {
	return s.inModels(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, insertCheckpoint, name); err != nil {
			return wrap("insert a checkpoint", err)
		}
		has, _, err := s.lockCheckpoint(ctx, tx, name)
		if err != nil || has == version {
			return err
		}
		if has != "" {
			s.logger.Warn("a read model is made anew: answers lack what is not folded yet",
				"projection", name, "version", version, "was", has)
		}
		for _, empty := range tables(name) {
			if _, err := tx.ExecContext(ctx, empty); err != nil {
				return wrap("empty a read model", err)
			}
		}
		_, err = tx.ExecContext(ctx, upsertCheckpoint, name, version)
		return wrap("reset a checkpoint", err)
	})
}

// Step implements [projection.Store].
func (s *Store) Step(ctx context.Context, step projection.Step, fn func(context.Context, projection.Tx) error) (moved bool, err error) {
	err = s.inModels(ctx, func(tx *sql.Tx) error {
		version, position, err := s.lockCheckpoint(ctx, tx, step.Name)
		switch {
		case err != nil:
			return err
		case version != step.Version:
			return projection.ErrSuperseded
		case position != step.From:
			return nil
		}
		if err := fn(ctx, modelTx{tx, s.dialect}); err != nil {
			return err
		}
		moved = true
		_, err = tx.ExecContext(ctx, moveCheckpoint, step.To, step.Name)
		return wrap("move a checkpoint", err)
	})
	return moved && err == nil, err
}

func (s *Store) lockCheckpoint(ctx context.Context, tx *sql.Tx, name string) (version string, position int64, err error) {
	err = tx.QueryRowContext(ctx, s.dialect.LockCheckpoint, name).Scan(&version, &position)
	return version, position, wrap("lock a checkpoint", err)
}

// inModels runs fn in a transaction on the read models.
func (s *Store) inModels(ctx context.Context, fn func(*sql.Tx) error) (err error) {
	if err := s.writing.acquire(ctx); err != nil {
		return err
	}
	defer s.writing.release()
	tx, err := s.pools.Models.BeginTx(ctx, nil)
	if err != nil {
		return wrap("begin", err)
	}
	if err := fn(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = fmt.Errorf("%w (and rollback: %w)", err, rollback)
		}
		return err
	}
	return wrap("commit", tx.Commit())
}

// modelTx implements [projection.Tx].
type modelTx struct {
	tx      *sql.Tx
	dialect Dialect
}
