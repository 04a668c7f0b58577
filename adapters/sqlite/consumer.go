package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// The number of connections that move groups, and that handlers write through.
// Only one can write anyway, and waits more fairly here than in the database.
const (
	consumerAcks     = 1
	consumerHandlers = 1
)

// OpenConsumer opens a database file that exists and has the schema of the
// program, for consuming its topics. now is the clock of claims. It returns
// fs.ErrNotExist, sqlstore.ErrNotMigrated or sqlstore.ErrTooNew.
func OpenConsumer(ctx context.Context, path string, now func() time.Time) (*sqlstore.Consumer, error) {
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	p, err := consumerPools(file)
	if err != nil {
		return nil, err
	}
	d := dialect()
	d.Wake = waker{file.path}
	c := sqlstore.NewConsumer(p, d, now)
	if err := sqlstore.CheckSchema(ctx, p.Reads, migrations.SQLite(), classify); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), c.Close())
	}
	return c, nil
}

func consumerPools(file guard) (p sqlstore.ConsumerPools, err error) {
	if p.Reads, err = openReadOnly(file); err != nil {
		return p, err
	}
	if p.Acks, err = openPool(file, consumerAcks, "synchronous(NORMAL)"); err != nil {
		return p, errors.Join(err, p.Reads.Close())
	}
	if p.Handlers, err = openPool(file, consumerHandlers, "synchronous(FULL)"); err != nil {
		return p, errors.Join(err, p.Reads.Close(), p.Acks.Close())
	}
	return p, nil
}

// OpenFollower is [Open] for a process that appends nothing: what others append
// wakes its readers while [sqlstore.Store.Follow] runs. The schema must be
// migrated.
func OpenFollower(ctx context.Context, path string, c sqlstore.Config) (*sqlstore.Store, error) {
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	pools, err := openPools(ctx, file)
	if err != nil {
		return nil, err
	}
	c.Pools, c.Dialect = pools, dialect()
	c.Dialect.Wake = waker{file.path}
	return sqlstore.New(c), nil
}
