package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// OpenReadOnly opens a database file that exists and has the schema of the
// program, also while others write to it. Nothing can be written through the
// store, and it must not be run. It returns fs.ErrNotExist,
// sqlstore.ErrNotMigrated or sqlstore.ErrTooNew.
func OpenReadOnly(ctx context.Context, path string, c sqlstore.Config) (*sqlstore.Store, error) {
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	db, err := openReadOnly(file)
	if err != nil {
		return nil, err
	}
	if err := sqlstore.CheckSchema(ctx, db, migrations.SQLite(), classify); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), db.Close())
	}
	c.Pools, c.Dialect = sqlstore.Pools{Log: db, Models: db, Reads: db}, dialect()
	return sqlstore.New(c), nil
}

// openReadOnly opens a pool that leaves the file as it is: not even its journal
// mode is set. The mode is not `ro`, which could not read a file whose log of
// changes nobody has opened yet.
func openReadOnly(file guard) (*sql.DB, error) {
	return openFile(file, readConnections, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)", "query_only(1)"}})
}
