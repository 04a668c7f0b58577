package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dossier/application/projection"
)

const (
	selectVersion = `SELECT version FROM checkpoints WHERE name = $1`

	upsertBuild = `INSERT INTO checkpoints (name, version, position, build) VALUES ($1, $2, 0, $3)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = 0, build = excluded.build`

	deleteBuild = `DELETE FROM checkpoints WHERE name = $1`

	replaceCheckpoint = `UPDATE checkpoints SET version = $1, position = $2, build = $3 WHERE name = $4`
)

// Begin implements [projection.Builds].
func (s *Store) Begin(ctx context.Context, name, version string) error {
	return s.inModels(ctx, func(tx *sql.Tx) error {
		at, err := s.lockLive(ctx, tx, name)
		if err == nil && at.position == 0 && at.version != version {
			at.version = version
			err = s.settle(ctx, tx, name, version)
		}
		if err == nil && at.version != version {
			err = projection.ErrSuperseded
		}
		if err == nil {
			err = s.ownsBuild(ctx, tx, name, version)
		}
		switch {
		case errors.Is(err, projection.ErrNoBuild):
			return s.beginBuild(ctx, tx, name, version, at.build+1)
		case err != nil:
			return err
		}
		return s.resumeBuild(ctx, tx, name, version, at.build+1)
	})
}

// Building implements [projection.Builds].
func (s *Store) Building(ctx context.Context, name, version string) (bool, error) {
	var has string
	err := s.scanPrepared(ctx, selectVersion, []any{projection.Beside(name)}, &has)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return has == version, s.readError("read a build", err)
}

// beginBuild makes the tables of a build anew, whatever there was. The caller
// holds the live checkpoint's lock.
func (s *Store) beginBuild(ctx context.Context, tx *sql.Tx, name, version string, build int64) error {
	if err := s.dropBuild(ctx, tx, name); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, on(beside, s.dialect.Tables[name].Create)); err != nil {
		return wrap("make the tables of a build", err)
	}
	if err := s.warnOfPublications(ctx, tx, name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, upsertBuild, projection.Beside(name), version, build)
	return wrap("insert the checkpoint of a build", err)
}

// warnOfPublications tells of the publications that have tables of a build, or
// those that it replaces: their subscribers stand still, or keep the old rows.
func (s *Store) warnOfPublications(ctx context.Context, tx *sql.Tx, name string) error {
	swap, err := swapOf(name)
	if err != nil || s.dialect.Publications == "" {
		return err
	}
	for _, table := range swap.tables {
		err := each(ctx, tx, func(rows *sql.Rows) error {
			var publication string
			err := rows.Scan(&publication)
			s.logger.Warn("a publication has a table of a read model that is built anew: its subscribers stand still, or keep the old rows; "+
				"publish the tables that docs/backup.md names", "publication", publication, "table", on(live, table))
			return err
		}, s.dialect.Publications, on(live, table), on(beside, table))
		if err != nil {
			return wrap("look for publications", err)
		}
	}
	return nil
}

// resumeBuild goes on with a build, if its tables are there.
func (s *Store) resumeBuild(ctx context.Context, tx *sql.Tx, name, version string, build int64) error {
	swap, err := swapOf(name)
	if err != nil {
		return err
	}
	at, err := s.lockCheckpoint(ctx, tx, projection.Beside(name))
	if err != nil {
		return err
	}
	ahead, err := isAhead(ctx, tx, at.position)
	if err != nil {
		return err
	}
	if ahead {
		return s.beginBuild(ctx, tx, name, version, build)
	}
	for _, table := range swap.tables {
		var there bool
		if err := tx.QueryRowContext(ctx, s.dialect.HasTable, on(beside, table)).Scan(&there); err != nil {
			return wrap("look for the tables of a build", err)
		}
		if !there {
			return s.beginBuild(ctx, tx, name, version, build)
		}
	}
	return nil
}

// dropBuild leaves nothing of a build. The caller holds the live checkpoint's
// lock.
func (s *Store) dropBuild(ctx context.Context, tx *sql.Tx, name string) error {
	swap, err := swapOf(name)
	if err != nil {
		return err
	}
	// A step of the build that is under way comes to its end first.
	if _, err := s.lockCheckpoint(ctx, tx, projection.Beside(name)); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := tx.ExecContext(ctx, on(beside, swap.drop)); err != nil {
		return wrap("drop a build", err)
	}
	_, err = tx.ExecContext(ctx, deleteBuild, projection.Beside(name))
	return wrap("drop a build", err)
}

// ownsBuild returns nil if there is a build of the version, ErrNoBuild if there
// is none but the live tables have it, and else ErrSuperseded.
func (s *Store) ownsBuild(ctx context.Context, tx *sql.Tx, name, version string) error {
	has, err := versionOf(ctx, tx, projection.Beside(name))
	missing := errors.Is(err, sql.ErrNoRows)
	if missing {
		has, err = versionOf(ctx, tx, name)
	}
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case has != version:
		return projection.ErrSuperseded
	case missing:
		return projection.ErrNoBuild
	}
	return nil
}

func versionOf(ctx context.Context, tx *sql.Tx, name string) (version string, err error) {
	err = tx.QueryRowContext(ctx, selectVersion, name).Scan(&version)
	return version, wrap("read a version", err)
}

// Complete implements [projection.Builds]. Each statement is a transaction of
// its own, so that where there is one writer the appends come in between.
func (s *Store) Complete(ctx context.Context, name, version string) error {
	for _, statement := range s.dialect.Tables[name].Complete {
		err := s.claimed(ctx, name, version, func(tx *sql.Tx) error {
			at, err := s.lockCheckpoint(ctx, tx, projection.Beside(name))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, numbered(on(beside, statement), at.build))
			return wrap("complete the tables of a build", err)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Swap implements [projection.Builds].
func (s *Store) Swap(ctx context.Context, name, version string, fold func(ctx context.Context, tx projection.Tx, from, to int64) error) error {
	swap, err := swapOf(name)
	if err != nil {
		return err
	}
	return s.claimed(ctx, name, version, func(tx *sql.Tx) error {
		now, err := s.lockCheckpoint(ctx, tx, name)
		if err != nil {
			return err
		}
		build, err := s.lockCheckpoint(ctx, tx, projection.Beside(name))
		if err != nil {
			return err
		}
		ahead, err := isAhead(ctx, tx, now.position)
		if err != nil {
			return err
		}
		if build.position < now.position && !ahead {
			if err := fold(ctx, s.modelTx(tx, s.beside, build), build.position, now.position); err != nil {
				return err
			}
			build.position = now.position
		}
		return s.replace(ctx, tx, name, swap, build)
	})
}

// replace drops the live tables and lets those of the build be live.
func (s *Store) replace(ctx context.Context, tx *sql.Tx, name string, swap swapped, build checkpoint) error {
	if err := s.seize(ctx, tx, s.dialect.LockWait, s.dialect.Tables[name].Lock); err != nil {
		return err
	}
	for _, statement := range []string{on(live, swap.drop), swap.rename} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return wrap("swap the tables of a read model", err)
		}
	}
	if _, err := tx.ExecContext(ctx, replaceCheckpoint, build.version, build.position, build.build, name); err != nil {
		return wrap("swap the checkpoint of a read model", err)
	}
	_, err := tx.ExecContext(ctx, deleteBuild, projection.Beside(name))
	return wrap("delete the checkpoint of a build", err)
}

// claimed runs fn in a transaction that has the tables of a build for itself,
// readers and steps aside.
func (s *Store) claimed(ctx context.Context, name, version string, fn func(*sql.Tx) error) error {
	err := s.inModels(ctx, func(tx *sql.Tx) error {
		if err := s.ownsBuild(ctx, tx, name, version); err != nil {
			return err
		}
		// Before the checkpoints: whoever waits for the database's upkeep must not
		// hold up the steps.
		if err := s.seize(ctx, tx, s.dialect.ClaimWait, s.dialect.Tables[name].Claim, s.dialect.RowWait); err != nil {
			return err
		}
		// Whoever had them before may have brought the build to its end.
		if err := s.ownsBuild(ctx, tx, name, version); err != nil {
			return err
		}
		return fn(tx)
	})
	if err == nil {
		return nil
	}
	// Its tables vanish when another process brings it to its end.
	if ended := s.owns(ctx, name, version); ended != nil {
		return ended
	}
	if s.dialect.Classify(err) == Unavailable {
		return fmt.Errorf("%w: %w", projection.ErrInUse, err)
	}
	return err
}

// owns is ownsBuild in a transaction of its own; errors of the database are
// not told.
func (s *Store) owns(ctx context.Context, name, version string) (ended error) {
	_ = s.inModels(ctx, func(tx *sql.Tx) error {
		if err := s.ownsBuild(ctx, tx, name, version); errors.Is(err, projection.ErrNoBuild) || errors.Is(err, projection.ErrSuperseded) {
			ended = err
		}
		return nil
	})
	return ended
}

// seize takes locks of tables. A database without them has no statements.
func (s *Store) seize(ctx context.Context, tx *sql.Tx, statements ...string) error {
	for _, statement := range statements {
		if statement == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return wrap("lock the tables of a read model", err)
		}
	}
	return nil
}
