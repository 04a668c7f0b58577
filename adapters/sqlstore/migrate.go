package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pressly/goose/v3"
)

// ErrTooNew: the schema was made by a later version of the program. It is not
// touched.
var ErrTooNew = errors.New("the database is newer than this program")

// Migrator brings the schema of a database to that of the program.
type Migrator struct {
	provider *goose.Provider
}

// NewMigrator returns the migrator of a database. The options may add a lock
// against other processes that migrate.
func NewMigrator(dialect goose.Dialect, db *sql.DB, files fs.FS, options ...goose.ProviderOption) (*Migrator, error) {
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return &Migrator{provider}, nil
}

// Up applies the migrations that are missing and returns the names of those
// that it applied, even if one fails. It returns ErrTooNew.
func (m *Migrator) Up(ctx context.Context) ([]string, error) {
	if err := m.Check(ctx); err != nil {
		return nil, err
	}
	results, err := m.provider.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partial.Applied
	}
	applied := make([]string, 0, len(results))
	for _, r := range results {
		applied = append(applied, filepath.Base(r.Source.Path))
	}
	return applied, wrap("migrate", err)
}

// Check returns ErrTooNew if the database has a migration that the program
// lacks.
func (m *Migrator) Check(ctx context.Context) error {
	current, target, err := m.provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the schema: %w", err)
	}
	if current > target {
		return fmt.Errorf("schema version %d, the program knows %d: %w", current, target, ErrTooNew)
	}
	return nil
}
