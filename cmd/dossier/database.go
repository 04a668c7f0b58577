package main

import (
	"context"
	"log/slog"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/cmd/dossier/internal/config"
)

// migrate brings the schema of the database to that of this program and
// returns the migrations that it applied. It waits for a synchronous standby that
// must have them, and says so.
func migrate(ctx context.Context, d config.Database, logger *slog.Logger) ([]string, error) {
	if d.Kind == config.Postgres {
		return postgres.MigrateAndTell(ctx, d.PostgresURL.Reveal(), func(standbys string) {
			logger.Warn("waiting for a synchronous standby, which must have the schema", "synchronous_standby_names", standbys)
		})
	}
	return sqlite.Migrate(ctx, d.SQLitePath)
}

// openStore opens the store on a database with the right schema.
func openStore(ctx context.Context, d config.Database, c sqlstore.Config) (*sqlstore.Store, error) {
	if d.Kind == config.Postgres {
		return postgres.Open(ctx, d.PostgresURL.Reveal(), c)
	}
	return sqlite.Open(ctx, d.SQLitePath, c)
}

// openFollower opens the store of a process that appends nothing, and is woken
// by those that do.
func openFollower(ctx context.Context, d config.Database, c sqlstore.Config) (*sqlstore.Store, error) {
	if d.Kind == config.Postgres {
		return postgres.Open(ctx, d.PostgresURL.Reveal(), c)
	}
	return sqlite.OpenFollower(ctx, d.SQLitePath, c)
}
