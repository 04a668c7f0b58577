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
	address, err := probed(ctx, databaseURL, true)
	if err != nil {
		return nil, err
	}
	p := consumerPools(address)
	c := sqlstore.NewConsumer(p, dialect(address, p.Acks), now)
	if err := p.Acks.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), c.Close())
	}
	if err := sqlstore.CheckSchema(ctx, p.Acks, migrations.Postgres(), classify); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func consumerPools(a pgconn.Address) sqlstore.ConsumerPools {
	generation := new(pgconn.Generation)
	p := sqlstore.ConsumerPools{
		History: generation.Server,
		Reads: openPool(a, consumerReads, pgconn.Options{
			Silence: readSilence, Primary: true, Settings: readSettings(), Generation: generation}),
		Acks: openPool(a, consumerAcks, pgconn.Options{
			Silence: readSilence, Writes: true, Primary: true, Settings: ackSettings(), Generation: generation}),
		Handlers: openPool(a, consumerHandlers, pgconn.Options{
			Silence: modelSilence, Writes: true, Primary: true, Settings: handlerSettings(), Generation: generation}),
	}
	for _, db := range []*sql.DB{p.Reads, p.Acks, p.Handlers} {
		db.SetMaxIdleConns(consumerIdle)
		db.SetConnMaxIdleTime(consumerIdleTime)
	}
	p.Reads.SetConnMaxLifetime(readLife)
	return p
}

// ackSettings are those of the moves of groups: what a crash takes is consumed
// again.
func ackSettings() map[string]string {
	return map[string]string{"synchronous_commit": "off", "statement_timeout": "30s", "jit": "off"}
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
