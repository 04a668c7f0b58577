package main

import (
	"context"
	"log/slog"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/postgres"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/cmd/dossier/internal/config"
)

// openForReading opens the store of a command that only reads: it migrates and
// writes nothing, so the database must exist and have the schema of this
// program.
func openForReading(ctx context.Context, d config.Database) (store *sqlstore.Store, err error) {
	c := sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Meter: metrics.New(version), Now: time.Now}
	if d.Kind == config.Postgres {
		store, err = postgres.OpenReadOnly(ctx, d.PostgresURL.Reveal(), c)
	} else {
		store, err = sqlite.OpenReadOnly(ctx, d.SQLitePath, c)
	}
	return store, explained(ctx, d, err)
}
