package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// A process that consumes takes few connections, and gives back those that it
// does not use. An idle consumer has one for its group and one that listens.
const (
	consumerReads    = 4
	consumerAcks     = 4
	consumerHandlers = 8
	consumerIdle     = 2
	consumerIdleTime = 30 * time.Second
)

// OpenConsumer connects to a database that has the schema of the program, for
// consuming its topics. now is the clock of claims. It returns
// sqlstore.ErrNotMigrated or sqlstore.ErrTooNew.
func OpenConsumer(ctx context.Context, databaseURL string, now func() time.Time) (*sqlstore.Consumer, error) {
	p, err := consumerPools(databaseURL)
	if err != nil {
		return nil, err
	}
	c := sqlstore.NewConsumer(p, dialect(databaseURL, p.Acks), now)
	if err := p.Acks.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), c.Close())
	}
	if err := sqlstore.CheckSchema(ctx, p.Acks, migrations.Postgres(), classify); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func consumerPools(databaseURL string) (p sqlstore.ConsumerPools, err error) {
	if p.Reads, err = consumerPool(databaseURL, consumerReads, pgconn.Options{Silence: readSilence}, readSettings()); err != nil {
		return p, err
	}
	if p.Acks, err = consumerPool(databaseURL, consumerAcks, pgconn.Options{Silence: readSilence, Writes: true}, ackSettings()); err != nil {
		return p, errors.Join(err, p.Reads.Close())
	}
	if p.Handlers, err = consumerPool(databaseURL, consumerHandlers, pgconn.Options{Silence: modelSilence, Writes: true}, handlerSettings()); err != nil {
		return p, errors.Join(err, p.Reads.Close(), p.Acks.Close())
	}
	return p, nil
}

func consumerPool(databaseURL string, connections int, o pgconn.Options, settings map[string]string) (*sql.DB, error) {
	db, err := openPool(primary(databaseURL), connections, o, settings)
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(consumerIdle)
	db.SetConnMaxIdleTime(consumerIdleTime)
	return db, nil
}

// ackSettings are those of the moves of groups: what a crash takes is consumed
// again.
func ackSettings() map[string]string {
	return map[string]string{"synchronous_commit": "off", "statement_timeout": "30000", "jit": "off"}
}

// handlerSettings are those of what handlers write, whatever that is: the
// planner is left alone. A holder of locks that is gone without a word must not
// keep them.
func handlerSettings() map[string]string {
	return map[string]string{
		"synchronous_commit":  "on",
		"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	}
}
