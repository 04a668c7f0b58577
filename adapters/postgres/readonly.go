package postgres

import (
	"context"
	"errors"
	"fmt"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// OpenReadOnly connects to a database that has the schema of the program, also
// while others write to it. Nothing can be written through the store, and it
// must not be run. It returns sqlstore.ErrNotMigrated or sqlstore.ErrTooNew.
func OpenReadOnly(ctx context.Context, databaseURL string, c sqlstore.Config) (*sqlstore.Store, error) {
	address, err := probed(ctx, databaseURL, false)
	if err != nil {
		return nil, err
	}
	db := openPool(address, readConnections, pgconn.Options{Silence: readSilence, Settings: readSettings()})
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), db.Close())
	}
	if err := sqlstore.CheckSchema(ctx, db, migrations.Postgres(), classify); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c.Pools, c.Dialect = sqlstore.Pools{Log: db, Models: db, Reads: db}, dialect(address, db)
	return sqlstore.New(c), nil
}
