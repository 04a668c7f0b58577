package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	// queueSize bounds how many appends wait; beyond it they are refused.
	queueSize = 4096
	// batchSize bounds how many appends share a transaction.
	batchSize = 512
	// batchTimeout bounds one transaction, so that a database which does not
	// answer is found out.
	batchTimeout = 15 * time.Second
)

// Pools are the connections to one database, by what they are used for.
type Pools struct {
	Log    *sql.DB // appends: durable
	Models *sql.DB // read models: may lose their last commits, for they are folded again
	Reads  *sql.DB
	// Renew lets no connection be used again that was opened before: idle ones are
	// closed, others when they are given back. Nil where there is but one server.
	Renew func()
	// History names the server that the newest connection led to, as the copy of a
	// database from one promotion to the next; empty if it does not tell. Nil where
	// there is but one server.
	History func() string
}

// Close closes the connections.
func (p Pools) Close() error { return errors.Join(p.Log.Close(), p.Models.Close(), p.Reads.Close()) }

// Config is what a store needs.
type Config struct {
	Pools   Pools
	Dialect Dialect
	Logger  *slog.Logger
	Meter   Meter
	Now     func() time.Time
	Probe   Probe
}

// Meter observes appends.
type Meter interface {
	// Batch reports a written batch: appends and events in it, how long it took
	// from its first statement, and how long its commit took.
	Batch(appends, events int, took, commit time.Duration)
	// Queued reports how many appends wait, each time a batch is taken.
	Queued(n int)
}

// Probe lets a test stop an append at a point. Nil fields do nothing.
type Probe struct {
	// BeforeCommit runs under the log's lock, when a batch is decided and not yet
	// durable.
	BeforeCommit func()
}

// Store is the log, the heads, the deliveries and the read models in one SQL
// database. It is safe for concurrent use.
type Store struct {
	pools   Pools
	dialect Dialect
	logger  *slog.Logger
	meter   Meter
	now     func() time.Time
	probe   Probe
	live    ModelStatements // on the tables that are read
	beside  ModelStatements // on those of a build

	queue       chan *pending
	intake      sync.RWMutex // guards closed, and that nothing is queued after it
	closed      bool
	writing     writeLock
	tail        tail
	history     history
	confirmed   confirmed
	replication ReplicationMeter
	prepared    prepared
	watch       consumer.Watch // of the groups that others hold

	readiness *readiness

	recording writeLock // lets one entry of the access log be written at a time

	// Of the goroutine that writes the batches.
	writer     *writer
	heads      headCache
	unanswered []unanswered

	grown     eventlog.Broadcast
	announce  chan struct{} // holds one: the log grew since the last announcement
	closeOnce sync.Once
	waiting   sync.Once // that a standby is waited for is said once
}

// New returns a store over a database that has the schema. Appends are written
// while Run runs.
func New(c Config) *Store {
	s := &Store{
		pools: c.Pools, dialect: c.Dialect, logger: c.Logger, meter: c.Meter, now: c.Now, probe: c.Probe,
		live: c.Dialect.Models.on(live), beside: c.Dialect.Models.on(beside),
		queue:    make(chan *pending, queueSize),
		writing:  newWriteLock(c.Dialect.SingleWriter),
		announce: make(chan struct{}, 1),

		readiness: newReadiness(),
		recording: newWriteLock(true),
	}
	s.heads.sessions.Size = cacheSize
	s.startConfirming()
	return s
}

// Changed implements [eventlog.Signal].
func (s *Store) Changed() <-chan struct{} { return s.grown.Changed() }

// Run writes appends and carries wake-ups until ctx ends. Then it refuses new
// appends, writes those that it had accepted, and returns nil.
func (s *Store) Run(ctx context.Context) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var helpers sync.WaitGroup
	helpers.Go(func() { s.pruneDeliveries(background) })
	if s.dialect.Wake != nil {
		helpers.Go(func() { s.announceGrowth(background) })
		helpers.Go(func() { s.listen(background) })
	}
	s.writeBatches(ctx)
	stop()
	helpers.Wait()
	return nil
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pools.Reads.PingContext(ctx) }

// Close closes the connections. Run must have returned.
func (s *Store) Close() error {
	var err error
	s.closeOnce.Do(func() {
		s.stopConfirming()
		err = errors.Join(s.released(s.pools.Log.Close()), s.released(s.pools.Models.Close()), s.released(s.pools.Reads.Close()))
	})
	return err
}

// released returns the error of closing connections, unless it is that they are
// lost, which is what was asked for.
func (s *Store) released(err error) error {
	if s.dialect.Classify(err) == Unavailable {
		return nil
	}
	return err
}

// writeLock lets the writers of one process queue fairly where the database
// takes one at a time and makes the others poll.
type writeLock chan struct{}

func newWriteLock(single bool) writeLock {
	if !single {
		return nil
	}
	return make(writeLock, 1)
}

// acquire returns once the caller may write, or the error of an ended ctx.
func (l writeLock) acquire(ctx context.Context) error {
	if l == nil {
		return nil
	}
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l writeLock) release() {
	if l != nil {
		<-l
	}
}
