package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// ErrNotMigrated: the database lacks migrations that the program has, or is
// none of Dossier's. It is not touched.
var ErrNotMigrated = errors.New("the schema is not that of this program; `dossier migrate` brings it there")

// selectSchema reads the version that goose keeps.
const selectSchema = `SELECT coalesce(max(version_id), 0) FROM goose_db_version`

// CheckSchema says whether a database has the schema of the program, and
// writes nothing, as Migrator.Check may. It returns ErrNotMigrated or
// ErrTooNew. Classify is that of the dialect.
func CheckSchema(ctx context.Context, db *sql.DB, files fs.FS, classify func(error) Class) error {
	target, err := newest(files)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var current int64
	if err := db.QueryRowContext(ctx, selectSchema).Scan(&current); err != nil {
		if ctx.Err() == nil && classify(err) == Fault { // there is no such table, or no table at all
			return fmt.Errorf("%w: %w", ErrNotMigrated, err)
		}
		return fmt.Errorf("read the version of the schema: %w", err)
	}
	switch {
	case current > target:
		return fmt.Errorf("schema version %d, the program knows %d: %w", current, target, ErrTooNew)
	case current < target:
		return fmt.Errorf("schema version %d, the program has %d: %w", current, target, ErrNotMigrated)
	}
	return nil
}

// newest returns the highest number of a migration.
func newest(files fs.FS) (number int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	for _, name := range names {
		n, faulty := goose.NumericComponent(name)
		number, err = max(number, n), errors.Join(err, faulty)
	}
	return number, err
}
