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
	Acks     *sql.DB       // places of groups: may lose their last moves, which are then consumed again
	Handlers *sql.DB       // what handlers write: durable
	History  func() string // as that of Pools
}

// Consumer is one SQL database for those who consume its topics. It is safe for
// concurrent use.
type Consumer struct {
	*Groups
	pools   ConsumerPools
	dialect Dialect
	store   *Store // only read
	topics  topicHeads
}

// NewConsumer returns what consumers need of a database that has the schema.
func NewConsumer(pools ConsumerPools, d Dialect, now func() time.Time) *Consumer {
	store := New(Config{
		Pools:   Pools{Log: pools.Handlers, Models: pools.Acks, Reads: pools.Reads, History: pools.History},
		Dialect: d, Logger: slog.New(slog.DiscardHandler), Now: now,
	})
	return &Consumer{Groups: store.groups(), pools: pools, dialect: d, store: store}
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
// position order: those that no failover can lose.
func (c *Consumer) ReadEvents(ctx context.Context, after int64, limit int, take func(*Raw) error) error {
	limit, err := c.store.giveable(ctx, after, limit)
	if err != nil || limit == 0 {
		return c.store.readError("read the head", err)
	}
	var e Raw
	var micros int64
	err = each(ctx, preparedReads{c.store}, func(rows *sql.Rows) error {
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

// Failed returns the error of what was attempted on a connection of Handlers or in
// a transaction of Begin: eventlog.ErrUnavailable, eventlog.ErrNotReplicated if it
// is done and no synchronous standby has confirmed it, or another.
func (c *Consumer) Failed(attempted string, err error) error {
	return c.store.readError(attempted, err)
}

// Handlers returns the pool of durable connections.
func (c *Consumer) Handlers() *sql.DB { return c.pools.Handlers }

// Listen calls grown whenever topics may have grown, until ctx ends. It is a
// hint: some may be missed while the database is away.
func (c *Consumer) Listen(ctx context.Context, grown func()) {
	for ctx.Err() == nil {
		if err := c.dialect.Wake.Listen(ctx, grown); err != nil {
			grown() // what was missed until now
			eventlog.Pause(ctx, wakeRetry)
		}
	}
}

// Announce tells those who listen, in all processes, that a topic has grown.
func (c *Consumer) Announce(ctx context.Context) error { return c.dialect.Wake.Announce(ctx) }

// Close closes the connections.
func (c *Consumer) Close() error {
	c.store.stopConfirming()
	return errors.Join(c.store.released(c.pools.Acks.Close()), c.store.released(c.pools.Handlers.Close()), c.store.released(c.pools.Reads.Close()))
}
