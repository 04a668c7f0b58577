package pubsub

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"

	"dossier/application/consumer"
)

// Where a message begins to write in a transaction in which others before it
// wrote: what it wrote can be undone alone.
const (
	savepoint       = `SAVEPOINT dossier_message`
	forgetSavepoint = `RELEASE SAVEPOINT dossier_message`
	undoToSavepoint = `ROLLBACK TO SAVEPOINT dossier_message`
)

// settleTimeout bounds what is done for messages that were consumed already,
// also when their subscription has ended.
const settleTimeout = 15 * time.Second

// errEnded ends a batch whose handler did what is not its business.
var errEnded = errors.New("a handler ended the transaction of its message: its batch comes again")

// errUnacknowledged ends a batch whose last message wrote through the
// transaction and was not acknowledged: it may be writing still.
var errUnacknowledged = errors.New("a message that was not acknowledged in time used the transaction: its batch comes again")

// tx is a batch of messages, and implements Watermill's Tx for their handlers.
// It has no transaction of the database until a handler uses it.
type tx struct {
	s     *subscription
	began time.Time     // the first message was ready
	read  int           // messages
	took  time.Duration // by handlers

	mu      sync.Mutex
	std     *sql.Tx // nil: not begun
	done    func()  // of std
	cut     func()  // ends std's life, in the middle of its commit
	user    int64   // the message that used std last
	opener  int64   // the message that began std
	marked  bool    // std has a savepoint
	used    bool    // std was there once
	at      int64   // the message that is being delivered
	sent    int     // deliveries of it
	acked   int64   // up to where messages were acknowledged
	doomed  error   // nothing can be committed any more
	over    bool
	ended   bool // by Commit or Rollback
	settled bool // all that was acknowledged is durable
}

var _ wsql.Tx = (*tx)(nil)

// next begins the delivery of a message. Those before it are acknowledged.
func (t *tx) next(position int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at != 0 {
		t.acked = t.at
	}
	t.at, t.sent = position, 0
	t.s.hand.empty()
}

// QueryContext implements Watermill's Tx.
func (t *tx) QueryContext(ctx context.Context, query string, args ...any) (wsql.Rows, error) {
	if len(args) == 1 {
		if _, ok := args[0].(selection); ok {
			return t.selectBatch(ctx)
		}
	}
	std, err := t.real(ctx)
	if err != nil {
		return nil, err
	}
	return std.QueryContext(ctx, query, args...)
}

// ExecContext implements Watermill's Tx.
func (t *tx) ExecContext(ctx context.Context, query string, args ...any) (wsql.Result, error) {
	if len(args) == 1 {
		if a, ok := args[0].(ack); ok {
			return nothing{}, t.ack(ctx, a.to)
		}
	}
	std, err := t.real(ctx)
	if err != nil {
		return nil, err
	}
	return std.ExecContext(ctx, query, args...)
}

// nothing implements Watermill's Result.
type nothing struct{}

// RowsAffected implements Watermill's Result.
func (nothing) RowsAffected() (int64, error) { return 0, nil }

func (t *tx) selectBatch(ctx context.Context) (wsql.Rows, error) {
	b, err := t.s.readNext(ctx)
	if err != nil {
		return nil, err
	}
	t.read, t.began = len(b.rows), time.Now()
	return b, nil
}

// real returns the transaction of the database, begun, for the message that is
// being delivered.
func (t *tx) real(ctx context.Context) (*sql.Tx, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over || t.at == 0:
		return nil, sql.ErrTxDone
	case t.doomed != nil:
		return nil, t.doomed
	case t.std == nil:
		if err := t.open(ctx); err != nil {
			return nil, err
		}
	case t.user != t.at:
		if err := t.mark(ctx); err != nil {
			t.doomed = fmt.Errorf("begin a message within a transaction: %w", err)
			return nil, t.doomed
		}
		t.user = t.at
	}
	return t.std, nil
}

// open begins the transaction of the database. While it is open nobody else
// moves the group, which on SQLite he could not and would only wait for.
func (t *tx) open(ctx context.Context) error {
	start := time.Now()
	if err := t.s.place.lock(ctx); err != nil {
		return err
	}
	std, done, err := t.s.store.Begin(ctx)
	if err != nil {
		t.s.place.unlock()
		return err
	}
	t.std, t.used, t.cut = std, true, done
	t.done = func() {
		done()
		t.s.place.unlock()
	}
	t.opener, t.user, t.marked = t.at, t.at, false
	t.began = t.began.Add(time.Since(start)) // which is not the handler's time
	return nil
}

func (t *tx) mark(ctx context.Context) error {
	if t.marked {
		if _, err := t.std.ExecContext(ctx, forgetSavepoint); err != nil {
			return err
		}
	}
	_, err := t.std.ExecContext(ctx, savepoint)
	t.marked = err == nil
	return err
}

// deliver counts the deliveries of a message. Before another one, what the
// handler wrote is undone and what was acknowledged before is settled, so that
// nothing is held while the message waits. It returns an error if the batch can't
// be committed any more.
func (t *tx) deliver() (again bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doomed == nil && !t.s.place.isHeld() {
		t.doomed = errLost
	}
	t.sent++
	if t.sent > 1 && t.doomed == nil {
		t.undo()
	}
	return t.sent > 1, t.doomed
}

// undo drops what the present message wrote, and settles what came before.
func (t *tx) undo() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.s.ctx), settleTimeout)
	defer cancel()
	if err := t.drop(ctx); err != nil {
		t.doomed = fmt.Errorf("undo what a message wrote: %w", err)
		return
	}
	if err := t.settle(ctx); err != nil {
		t.doomed = err
	}
}

func (t *tx) drop(ctx context.Context) error {
	switch {
	case t.std == nil || t.user != t.at:
		return nil
	case t.opener == t.at:
		return t.rollback()
	default:
		_, err := t.std.ExecContext(ctx, undoToSavepoint)
		t.user = 0
		return err
	}
}

// ack settles a batch up to a message.
func (t *tx) ack(ctx context.Context, to int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.doomed != nil:
	case t.ended:
		t.doomed = errEnded
	case t.std != nil && t.user > to:
		t.doomed = errUnacknowledged
	}
	if t.doomed != nil {
		return t.doomed
	}
	t.acked = to
	t.over = true
	t.took = time.Since(t.began)
	err := t.settle(ctx)
	t.settled = err == nil
	return err
}

// settle keeps what was acknowledged: the group's place, together with what
// handlers wrote.
func (t *tx) settle(ctx context.Context) error {
	if t.std == nil {
		if !t.s.place.consume(t.acked) {
			return errLost
		}
		return nil
	}
	move, held := t.s.place.moveTo(t.acked)
	if !held {
		return errLost
	}
	err := t.commit(ctx, move)
	if err == nil {
		t.s.place.moved(move.To)
	} else {
		// Whether it was done is not known: the group's place says. Nobody may move
		// the group before it was asked.
		t.s.place.forget()
	}
	return errors.Join(err, t.rollback())
}

// commit moves the group within the transaction of the database, and commits it.
func (t *tx) commit(ctx context.Context, move consumer.Move) error {
	if err := t.s.store.MoveWithin(ctx, t.std, move); err != nil {
		return err
	}
	// A commit has no context of its own, and may wait for a standby that is away.
	defer context.AfterFunc(ctx, t.cut)()
	return t.s.store.Failed("commit what handlers wrote", t.std.Commit())
}

// rollback drops the transaction of the database, if there is one.
func (t *tx) rollback() error {
	if t.std == nil {
		return nil
	}
	err := t.std.Rollback()
	t.done()
	t.std = nil
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Commit implements Watermill's Tx. What was acknowledged is settled already:
// Watermill only logs that a commit has failed.
func (t *tx) Commit() error { return t.end() }

// Rollback implements Watermill's Tx.
func (t *tx) Rollback() error { return t.end() }

func (t *tx) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over, t.ended = true, true
	t.s.hand.empty()
	return t.rollback()
}

// report says how the batch went, for the size of the next.
func (t *tx) report(p *pace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	budget := batchTime
	if t.used {
		budget = transactionTime
	}
	switch {
	case t.settled:
		p.took(t.read, t.took, budget)
	case t.read > 0:
		p.failed()
	}
}

// undoAttempt undoes what the present message wrote until now.
func (t *tx) undoAttempt() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.std == nil || t.doomed != nil {
		return t.doomed
	}
	t.undo()
	return t.doomed
}
