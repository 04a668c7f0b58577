package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/cmd/dossier/internal/config"
)

// migrated is what a migration did.
type migrated struct {
	applied []string // the migrations
	rearmed []string // triggers that fire always again, in words
}

// firstMigration makes the log.
const firstMigration = "00001_event_log.sql"

// migrate brings the schema of the database to that of this program. Only
// `migrate`, `serve` and `demo` do so: each makes a database where there is
// none. It waits for a synchronous standby that must have them, and says so.
func migrate(ctx context.Context, d config.Database, logger *slog.Logger) (m migrated, err error) {
	if d.Kind == config.SQLite {
		m.applied, err = sqlite.Migrate(ctx, d.SQLitePath)
		return m, err
	}
	m.applied, err = postgres.MigrateAndTell(ctx, d.PostgresURL.Reveal(), func(standbys string) {
		logger.Warn("waiting for a synchronous standby, which must have the schema", "synchronous_standby_names", standbys)
	})
	if err != nil {
		return m, err
	}
	m.rearmed, err = postgres.Rearm(ctx, d.PostgresURL.Reveal())
	return m, err
}

// explained adds to the error of a database without a log, or with an older
// schema, where it was looked for, and what to do.
func explained(ctx context.Context, d config.Database, err error) error {
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, sqlstore.ErrNotMigrated) {
		return err
	}
	where, others := locate(ctx, d)
	if len(others) > 0 {
		return fmt.Errorf("%w: looked for in %s; the schemas %q hold logs: is search_path right?", err, where, others)
	}
	return fmt.Errorf("%w: looked for in %s: is DOSSIER_DATABASE_URL right? `dossier migrate` or `dossier serve` makes a new log, or brings an older one up to date", err, where)
}

// locate names the place of a database, and other logs beside it, as well as
// can be found out.
func locate(ctx context.Context, d config.Database) (where string, others []string) {
	if d.Kind == config.SQLite {
		path, err := filepath.Abs(d.SQLitePath)
		if err != nil {
			path = d.SQLitePath
		}
		return path, nil
	}
	place, err := postgres.Locate(ctx, d.PostgresURL.Reveal())
	if err != nil {
		return "the PostgreSQL database", nil
	}
	return place.String(), place.Others
}

// tell says loudly where a log begins anew: with a wrong path or search_path the
// service would run as well, and know nobody.
func (m migrated) tell(ctx context.Context, d config.Database, head int64, logger *slog.Logger) {
	for _, repaired := range m.rearmed {
		logger.Error("the log could be changed by an SQL shell: run `dossier verify`", "repaired", repaired)
	}
	if head > 0 {
		return
	}
	made := "nothing: it is there, and empty"
	for _, name := range m.applied {
		if name == firstMigration {
			made = "its tables"
		}
	}
	where, others := locate(ctx, d)
	said := []any{"place", where, "made", made}
	if len(others) > 0 {
		said = append(said, "other_logs", others)
	}
	logger.Warn("a new log begins here, at position 1. Should there be one already? Then the path, the database or the search_path is wrong", said...)
}

// openStore opens the store on a database with the right schema.
func openStore(ctx context.Context, d config.Database, c sqlstore.Config) (*sqlstore.Store, error) {
	if d.Kind == config.Postgres {
		return postgres.Open(ctx, d.PostgresURL.Reveal(), c)
	}
	return sqlite.Open(ctx, d.SQLitePath, c)
}

// openExisting is openStore for a command that makes no database.
func openExisting(ctx context.Context, d config.Database, c sqlstore.Config) (*sqlstore.Store, error) {
	if err := mustExist(ctx, d); err != nil {
		return nil, err
	}
	return openStore(ctx, d, c)
}

// openFollower opens the store of a process that appends nothing, and is woken
// by those that do. It makes no database.
func openFollower(ctx context.Context, d config.Database, c sqlstore.Config) (*sqlstore.Store, error) {
	if d.Kind == config.Postgres {
		return openExisting(ctx, d, c)
	}
	if err := mustExist(ctx, d); err != nil {
		return nil, err
	}
	return sqlite.OpenFollower(ctx, d.SQLitePath, c)
}

// mustExist says what is not there, by opening it in the way that makes nothing.
func mustExist(ctx context.Context, d config.Database) error {
	store, err := openForReading(ctx, d)
	if err != nil {
		return err
	}
	return store.Close()
}
