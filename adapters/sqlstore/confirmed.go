package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"dossier/application/eventlog"
)

const (
	// confirmWait bounds the wait of one commit for a standby: longer than a
	// standby takes to connect again, and shorter than the silence after which a
	// connection is given up, which would leave the server's process waiting.
	confirmWait = 5 * time.Second
	// confirmPatience is how long readers wait for a confirmation. After it they
	// are given what is confirmed, until the rest is.
	confirmPatience = 2 * time.Second
	// confirmGrace is how long readers wait for an append of their own process that
	// is on its way: it may confirm what they saw, and costs no commit.
	confirmGrace = 100 * time.Millisecond
	// confirmRetry is the pause after a confirmation that failed.
	confirmRetry = 200 * time.Millisecond
)

// confirmed is up to where the log is known to be wherever it must be. Where a
// synchronous standby must have each commit, an event can be seen that it lacks:
// the wait for it was cut off, or the server started anew meanwhile. A failover
// may lose such an event, so nobody is told of it.
//
// The position grows by evidence alone: an append of this process that the
// standby confirmed, with all that was committed before it; a server that
// requires no standby; a checkpoint, for nothing unconfirmed is ever projected;
// and a commit made for this, which began after the events were seen.
type confirmed struct {
	mu       sync.Mutex
	position int64
	wanted   int64     // up to where somebody would like to know
	asking   bool      // a goroutine makes confirming commits
	since    time.Time // when it began
	rounds   int       // confirming commits that were confirmed
	missing  error     // of the newest commit, if the standby did not confirm it
	changed  eventlog.Broadcast
	writing  atomic.Bool // an append of this process is on its way

	stopped context.Context
	stop    context.CancelFunc
	asks    sync.WaitGroup
}

// ReplicationMeter is what a Meter may implement to observe synchronous
// replication.
type ReplicationMeter interface {
	// Unreplicated reports appends that were refused for want of a standby.
	Unreplicated(appends int)
	// Unconfirmed reports how many events can be seen that no standby has
	// confirmed, each time that this changes.
	Unconfirmed(events int64)
}

// noReplication implements ReplicationMeter.
type noReplication struct{}

func (noReplication) Unreplicated(int)  {}
func (noReplication) Unconfirmed(int64) {}

func (s *Store) startConfirming() {
	s.confirmed.stopped, s.confirmed.stop = context.WithCancel(context.Background())
	s.replication = noReplication{}
	if m, ok := s.meter.(ReplicationMeter); ok {
		s.replication = m
	}
}

func (s *Store) stopConfirming() {
	s.confirmed.mu.Lock()
	s.confirmed.stop()
	s.confirmed.mu.Unlock()
	s.confirmed.asks.Wait()
}

// Replicated returns nil, or ErrNotReplicated while the newest commit that had
// to be on a synchronous standby is not known to be.
func (s *Store) Replicated() error {
	c := &s.confirmed
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.missing == nil {
		return nil
	}
	return notReplicated(c.missing)
}

func notReplicated(err error) error {
	if errors.Is(err, eventlog.ErrNotReplicated) {
		return err
	}
	return fmt.Errorf("%w: %w", eventlog.ErrNotReplicated, err)
}

// at returns the position.
func (c *confirmed) at() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// rise takes evidence for the events up to a position.
func (c *confirmed) rise(position int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if position > c.position {
		c.position = position
		c.changed.Notify()
	}
}

// forget drops what is known: the next server may have another history.
func (c *confirmed) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.position = 0
}

// appended takes an append that the standby confirmed, if one has to.
func (s *Store) appended(position int64) {
	s.confirmed.rise(position)
	c := &s.confirmed
	c.mu.Lock()
	again := c.missing != nil
	c.missing = nil
	c.mu.Unlock()
	if again {
		s.confirmedAgain()
	}
}

// unconfirmed takes a commit that ended without a standby's confirmation, and
// goes on asking for it. The events up to a position may be seen now.
func (s *Store) unconfirmed(through int64, err error) {
	c := &s.confirmed
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing = err
	s.replication.Unconfirmed(max(0, through-c.position))
	s.ask(through)
	c.changed.Notify()
}

// confirm says whether the events up to a position, which were seen, may be given
// out. If that is not known it asks the database, and waits for a while.
func (s *Store) confirm(ctx context.Context, through int64) bool {
	q := question{through: through}
	for {
		known, changed, wait := s.consider(&q)
		if wait <= 0 {
			return known
		}
		eventlog.Wait(ctx, changed, wait)
		if ctx.Err() != nil {
			return false
		}
	}
}

// question is whether the events up to a position are confirmed.
type question struct {
	through int64
	asked   bool
	rounds  int // that were confirmed when it was asked
}

// consider answers a question, or says what to wait for, and how long.
func (s *Store) consider(q *question) (known bool, changed <-chan struct{}, wait time.Duration) {
	c := &s.confirmed
	c.mu.Lock()
	defer c.mu.Unlock()
	first := !q.asked
	if first {
		q.asked, q.rounds = true, c.rounds
	}
	switch {
	case c.position >= q.through:
		return true, nil, 0
	case first && c.writing.Load():
		return false, c.changed.Changed(), confirmGrace
	case c.rounds > q.rounds+1 || c.stopped.Err() != nil:
		// Of two confirmed commits the second began after the events were seen: the
		// server that took it does not have them.
		return false, nil, 0
	}
	s.ask(q.through)
	if c.missing != nil {
		return false, nil, 0
	}
	return false, c.changed.Changed(), confirmPatience - time.Since(c.since)
}

// ask lets a goroutine find out, one for all who want to know. The caller holds
// the mutex.
func (s *Store) ask(through int64) {
	c := &s.confirmed
	c.wanted = max(c.wanted, through)
	if c.asking || c.stopped.Err() != nil {
		return
	}
	c.asking, c.since = true, time.Now()
	c.asks.Go(s.confirmWanted)
}

// confirmWanted makes confirming commits until all that is wanted is confirmed:
// whoever waits for it need not ask again.
func (s *Store) confirmWanted() {
	c := &s.confirmed
	for c.stopped.Err() == nil {
		c.mu.Lock()
		wanted, force := c.wanted, c.missing != nil
		c.mu.Unlock()
		head, err := s.confirmVisible(c.stopped, force)
		if s.answered(wanted, head, err) {
			return
		}
		if err != nil {
			eventlog.Pause(c.stopped, confirmRetry)
		}
	}
}

// answered takes the outcome of a confirming commit, and says whether nobody
// wants to know more. A head below what is wanted is another server's.
func (s *Store) answered(wanted, head int64, err error) (done bool) {
	c := &s.confirmed
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.changed.Notify()
	if err != nil {
		c.missing = nil // what keeps appends from being written, they will see
		if s.dialect.Classify(err) == Unreplicated {
			c.missing = err
			s.replication.Unconfirmed(max(0, head-c.position))
		}
		return false
	}
	late := c.missing != nil || time.Since(c.since) >= confirmPatience
	c.position, c.missing, c.since = max(c.position, head), nil, time.Now()
	c.rounds++
	if late {
		s.confirmedAgain()
	}
	if c.wanted > head && c.wanted != wanted {
		return false
	}
	c.asking, c.wanted = false, 0
	return true
}

// confirmedAgain wakes the readers that were given less than there is.
func (s *Store) confirmedAgain() {
	s.replication.Unconfirmed(0)
	s.readiness.appended(false, time.Now())
	s.logger.Info("the synchronous standby confirms what is written")
	s.wake()
}

// confirmVisible returns the log's head when all that was committed before is
// where it must be, or an error, with the head if it was read. Without force it
// commits only if that is not known otherwise. It takes one connection, so that
// the head is that of the server that confirms it.
func (s *Store) confirmVisible(ctx context.Context, force bool) (head int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, confirmWait)
	defer cancel()
	conn, err := s.pools.Log.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil { // a transaction may be open still
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
		_ = conn.Close() // it is back in the pool, or gone
	}()
	var certain int64
	if err = conn.QueryRowContext(ctx, s.dialect.Head).Scan(&head, &certain); err != nil {
		return 0, err
	}
	if s.dialect.Confirm == "" || certain >= head && !force {
		return head, nil
	}
	_, err = conn.ExecContext(ctx, s.dialect.Confirm)
	return head, err
}
