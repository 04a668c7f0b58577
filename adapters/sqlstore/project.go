package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dossier/application/projection"
)

const (
	// With the head of the server that answers: what is read from a checkpoint's
	// tables is no newer than that.
	selectCheckpoint = `SELECT coalesce((SELECT position FROM checkpoints WHERE name = $1), 0),
  (SELECT coalesce(max(position), 0) FROM events)`

	insertCheckpoint = `INSERT INTO checkpoints (name, version, position) VALUES ($1, '', 0)
ON CONFLICT (name) DO NOTHING`

	settleCheckpoint = `UPDATE checkpoints SET version = $1 WHERE name = $2`

	moveCheckpoint = `UPDATE checkpoints SET position = $1 WHERE name = $2`
)

// Checkpoint implements [projection.Store].
func (s *Store) Checkpoint(ctx context.Context, name string) (int64, error) {
	var position, head int64
	known := s.history.known() // before: more may be committed while the answer is on its way
	if err := s.scanPrepared(ctx, selectCheckpoint, []any{name}, &position, &head); err != nil {
		return 0, s.readError("read a checkpoint", err)
	}
	if err := s.current(known, head); err != nil {
		return position, wrap("read a checkpoint", err)
	}
	if position > head {
		return position, fmt.Errorf("it is folded up to %d, and the log's head is %d: %w", position, head, projection.ErrAhead)
	}
	return position, nil
}

// isAhead says whether a position is beyond the head of the log.
func isAhead(ctx context.Context, tx *sql.Tx, position int64) (bool, error) {
	var head int64
	if position == 0 {
		return false, nil
	}
	err := tx.QueryRowContext(ctx, selectHead).Scan(&head)
	return position > head, wrap("read the head", err)
}

// checkpoint is a row of the checkpoints.
type checkpoint struct {
	version         string
	position, build int64
}

// Prepare implements [projection.Store].
func (s *Store) Prepare(ctx context.Context, name, version string) error {
	return s.inModels(ctx, func(tx *sql.Tx) error {
		at, err := s.lockLive(ctx, tx, name)
		if err != nil {
			return err
		}
		if at.position == 0 && at.version != version {
			return s.settle(ctx, tx, name, version)
		}
		building, err := versionOf(ctx, tx, projection.Beside(name))
		none := errors.Is(err, sql.ErrNoRows)
		ahead, failed := isAhead(ctx, tx, at.position)
		switch {
		case failed != nil:
			return failed
		case err != nil && !none:
			return err
		case building == version:
			return s.resumeBuild(ctx, tx, name, version, at.build+1)
		case at.version != version || ahead:
			return s.beginBuild(ctx, tx, name, version, at.build+1)
		case none:
			return nil
		}
		return s.dropBuild(ctx, tx, name)
	})
}

// settle gives a version to live tables that hold nothing yet.
func (s *Store) settle(ctx context.Context, tx *sql.Tx, name, version string) error {
	if err := s.dropBuild(ctx, tx, name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, settleCheckpoint, version, name)
	return wrap("set the version of a read model", err)
}

// Step implements [projection.Store].
func (s *Store) Step(ctx context.Context, step projection.Step, fn func(context.Context, projection.Tx) error) (moved bool, err error) {
	model, build := projection.Model(step.Name)
	statements := s.live
	if build {
		statements = s.beside
	}
	err = s.inModels(ctx, func(tx *sql.Tx) error {
		at, err := s.lockCheckpoint(ctx, tx, step.Name)
		if build && errors.Is(err, sql.ErrNoRows) || err == nil && at.version != step.Version {
			err = s.mayStep(ctx, tx, model, step.Version, build)
		}
		if err != nil || at.position != step.From {
			return err
		}
		before, err := s.checkFolded(ctx, tx, step.From, mark{step.To, step.LastID})
		if err != nil {
			return err
		}
		within := s.modelTx(tx, statements, at)
		within.before = before
		if err := fn(ctx, within); err != nil {
			return err
		}
		moved = true
		_, err = tx.ExecContext(ctx, moveCheckpoint, step.To, step.Name)
		return wrap("move a checkpoint", err)
	})
	return moved && err == nil, err
}

// mayStep returns nil if a step may be taken although the tables are not of its
// version: those that are live while a build of that version is under way.
func (s *Store) mayStep(ctx context.Context, tx *sql.Tx, model, version string, build bool) error {
	err := s.ownsBuild(ctx, tx, model, version)
	if err == nil && build {
		return projection.ErrNoBuild // the one that has come since is not that of the caller
	}
	return err
}

// lockLive locks the checkpoint of live tables, which it makes if need be.
func (s *Store) lockLive(ctx context.Context, tx *sql.Tx, name string) (checkpoint, error) {
	if _, err := tx.ExecContext(ctx, insertCheckpoint, name); err != nil {
		return checkpoint{}, wrap("insert a checkpoint", err)
	}
	return s.lockCheckpoint(ctx, tx, name)
}

func (s *Store) lockCheckpoint(ctx context.Context, tx *sql.Tx, name string) (at checkpoint, err error) {
	err = tx.QueryRowContext(ctx, s.dialect.LockCheckpoint, name).Scan(&at.version, &at.position, &at.build)
	return at, wrap("lock a checkpoint", err)
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
	tx         *sql.Tx
	dialect    Dialect
	statements ModelStatements // on the tables that it writes
	build      int64
	before     string // the id of the event that the step begins behind
}

func (s *Store) modelTx(tx *sql.Tx, statements ModelStatements, at checkpoint) modelTx {
	return modelTx{tx: tx, dialect: s.dialect, statements: statements, build: at.build}
}

// Before implements [projection.Tx].
func (m modelTx) Before() string { return m.before }

// Build implements [projection.Tx].
func (m modelTx) Build() int64 { return m.build }
