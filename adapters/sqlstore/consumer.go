package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

// ConsumerPools are the connections of a process that consumes, by what they
// are used for.
type ConsumerPools struct {
	Reads    *sql.DB
	Acks     *sql.DB // places of groups: may lose their last moves, which are then consumed again
	Handlers *sql.DB // what handlers write: durable
}

// Consumer is one SQL database for those who consume its topics. It is safe for
// concurrent use.
type Consumer struct {
	*Groups
	pools   ConsumerPools
	dialect Dialect
	store   *Store // only read
}

// NewConsumer returns what consumers need of a database that has the schema.
func NewConsumer(pools ConsumerPools, d Dialect, now func() time.Time) *Consumer {
	return &Consumer{
		Groups: NewGroups(pools.Acks, d, now), pools: pools, dialect: d,
		store: New(Config{
			Pools:   Pools{Log: pools.Reads, Models: pools.Reads, Reads: pools.Reads},
			Dialect: d, Logger: slog.New(slog.DiscardHandler), Now: now,
		}),
	}
}

// Raw is an event as it is stored, not decoded.
type Raw struct {
	Position   int64
	EventID    string
	Stream     string
	Version    int64
	Type       string
	Data       []byte
	Metadata   string
	RecordedAt time.Time
}

// ReadEvents calls take for up to limit events of the log after a position, in
// position order.
func (c *Consumer) ReadEvents(ctx context.Context, after int64, limit int, take func(*Raw) error) error {
	var e Raw
	var micros int64
	err := each(ctx, preparedReads{c.store}, func(rows *sql.Rows) error {
		if err := rows.Scan(&e.Position, &e.EventID, &e.Stream, &e.Version, &e.Type, &e.Data, &e.Metadata, &micros); err != nil {
			return err
		}
		e.RecordedAt = codec.TimeOf(micros)
		return take(&e)
	}, selectAll, after, limit)
	return c.store.readError("read the log", err)
}

// ReadStream implements what [eventlog.Reader] promises of it.
func (c *Consumer) ReadStream(ctx context.Context, s eventlog.Stream, afterVersion int64, limit int) ([]eventlog.Recorded, error) {
	return c.store.ReadStream(ctx, s, afterVersion, limit)
}

// Begin begins a durable transaction. ctx bounds the beginning alone: the
// transaction outlives it. done must be called at its end.
func (c *Consumer) Begin(ctx context.Context) (tx *sql.Tx, done func(), err error) {
	life, done := context.WithCancel(context.WithoutCancel(ctx))
	bounded := context.AfterFunc(ctx, done)
	tx, err = c.pools.Handlers.BeginTx(life, nil)
	if !bounded() && err == nil {
		err = errors.Join(ctx.Err(), tx.Rollback())
	}
	if err != nil {
		done()
		return nil, nil, c.store.readError("begin a transaction", err)
	}
	return tx, done, nil
}

// Handlers returns the pool of durable connections.
func (c *Consumer) Handlers() *sql.DB { return c.pools.Handlers }

// Listen calls grown whenever topics may have grown, until ctx ends. It is a
// hint: some may be missed while the database is away.
func (c *Consumer) Listen(ctx context.Context, grown func()) {
	for ctx.Err() == nil {
		if err := c.dialect.Wake.Listen(ctx, grown); err != nil {
			grown() // what was missed until now
			pause(ctx, wakeRetry)
		}
	}
}

// Announce tells those who listen, in all processes, that a topic has grown.
func (c *Consumer) Announce(ctx context.Context) error { return c.dialect.Wake.Announce(ctx) }

// Close closes the connections.
func (c *Consumer) Close() error {
	return errors.Join(c.store.released(c.pools.Acks.Close()), c.store.released(c.pools.Handlers.Close()), c.store.released(c.pools.Reads.Close()))
}
