package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/codec"
	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

const (
	// Rows behind another of their stream are due, but not the first. No join:
	// PostgreSQL has no statistics of a table that has just filled, and took
	// minutes for one that is grouped by stream.
	selectDue = `SELECT position, stream, attempts, due_at, deferred_at, reason FROM relay_deferred AS d
WHERE relay = $1 AND due_at > 0 AND (due_at <= $2 OR due_at > $3) AND position = (
  SELECT min(position) FROM relay_deferred AS s WHERE s.relay = d.relay AND s.stream = d.stream)
ORDER BY due_at, position LIMIT $4`

	selectFirstDeferred = `SELECT position, stream, attempts, due_at, deferred_at, reason FROM relay_deferred
WHERE relay = $1 AND stream = $2 ORDER BY position LIMIT 1`

	selectParked = `SELECT position, stream, attempts, due_at, deferred_at, reason FROM relay_deferred
WHERE relay = $1 AND due_at = 0 AND position > $2 ORDER BY position LIMIT $3`

	deleteDeferred = `DELETE FROM relay_deferred WHERE relay = $1 AND position = $2`

	updateDeferred = `UPDATE relay_deferred SET attempts = $3, due_at = $4, reason = $5
WHERE relay = $1 AND position = $2 AND attempts = $3 - 1`

	replayParked = `UPDATE relay_deferred SET attempts = 0, due_at = $3 WHERE relay = $1 AND position = $2 AND due_at = 0`

	replayAllParked = `UPDATE relay_deferred SET attempts = 0, due_at = $2 WHERE relay = $1 AND due_at = 0`

	countDeferred = `SELECT relay, count(*) FILTER (WHERE due_at > 0), count(*) FILTER (WHERE due_at = 0)
FROM relay_deferred GROUP BY relay ORDER BY relay`
)

// Deferrals keeps deferred messages of relays. It implements
// [relay.DeferredStore] and is safe for concurrent use.
type Deferrals struct {
	groups  *Groups
	dialect Dialect
}

var _ relay.DeferredStore = (*Deferrals)(nil)

// Deferrals returns the store's deferred messages. A crash may take the last
// changes, in all tables those after a point: a message that is not deferred any
// more is behind its group's position then, and one that was accepted is
// delivered again.
func (s *Store) Deferrals() relay.DeferredStore {
	return &Deferrals{s.groups(), s.dialect}
}

// Blocked implements [relay.Deferrals].
func (d *Deferrals) Blocked(ctx context.Context, name string, streams []eventlog.Stream) ([]eventlog.Stream, error) {
	keys := make(Texts, len(streams))
	for i, s := range streams {
		keys[i] = s.Key()
	}
	var blocked []eventlog.Stream
	err := each(ctx, d.groups.db, func(rows *sql.Rows) error {
		var key string
		if err := rows.Scan(&key); err != nil {
			return err
		}
		stream, err := eventlog.ParseStream(key)
		blocked = append(blocked, stream)
		return err
	}, d.dialect.BlockedStreams, append([]any{name}, d.dialect.Bulk(keys)...)...)
	if err != nil {
		return nil, d.groups.failed("read the sessions of deferred messages", err)
	}
	return blocked, nil
}

// Settle implements [relay.Deferrals].
func (d *Deferrals) Settle(ctx context.Context, m consumer.Move, deferred []relay.Deferred) error {
	const attempted = "defer messages"
	name, ok := m.Relay()
	if !ok {
		return fmt.Errorf("%s: the group %q is no relay's", attempted, m.Name)
	}
	if err := d.groups.writing.acquire(ctx); err != nil {
		return d.groups.failed(attempted, err)
	}
	defer d.groups.writing.release()
	tx, err := d.groups.db.BeginTx(ctx, nil)
	if err != nil {
		return d.groups.failed(attempted, err)
	}
	// The move first: it waits for who moves the group now, and then fails.
	err = d.groups.MoveWithin(ctx, tx, m)
	if err == nil {
		_, err = tx.ExecContext(ctx, d.dialect.DeferMessages, append([]any{name}, d.dialect.Bulk(deferredColumns(deferred)...)...)...)
	}
	if err != nil {
		return d.groups.failed(attempted, errors.Join(err, ended(tx.Rollback())))
	}
	return d.groups.failed(attempted, tx.Commit())
}

// ended returns the error of a rollback, unless there was nothing to roll back.
func ended(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func deferredColumns(deferred []relay.Deferred) []Column {
	n := len(deferred)
	positions, streams, attempts := make(Ints, n), make(Texts, n), make(Ints, n)
	dues, sinces, reasons := make(Ints, n), make(Ints, n), make(Texts, n)
	for i, m := range deferred {
		positions[i], streams[i], attempts[i] = m.Position, m.Stream.Key(), int64(m.Attempts)
		dues[i], sinces[i], reasons[i] = codec.Micros(m.Due), codec.Micros(m.Since), m.Reason
	}
	return []Column{positions, streams, attempts, dues, sinces, reasons}
}

// Due implements [relay.Retries].
func (d *Deferrals) Due(ctx context.Context, name string, now, latest time.Time, limit int) ([]relay.Deferred, error) {
	due, err := d.read(ctx, selectDue, name, codec.Micros(now), codec.Micros(latest), limit)
	return due, d.groups.failed("read the messages that are due", err)
}

// Accepted implements [relay.Retries].
func (d *Deferrals) Accepted(ctx context.Context, name string, m relay.Deferred) (next relay.Deferred, found bool, err error) {
	const attempted = "forget a deferred message"
	if _, err := d.groups.exec(ctx, deleteDeferred, name, m.Position); err != nil {
		return next, false, d.groups.failed(attempted, err)
	}
	left, err := d.read(ctx, selectFirstDeferred, name, m.Stream.Key())
	if err != nil || len(left) == 0 {
		return next, false, d.groups.failed(attempted, err)
	}
	return left[0], true, nil
}

// Refused implements [relay.Retries].
func (d *Deferrals) Refused(ctx context.Context, name string, m relay.Deferred) error {
	_, err := d.groups.exec(ctx, updateDeferred, name, m.Position, m.Attempts, codec.Micros(m.Due), m.Reason)
	return d.groups.failed("store the failure of a deferred message", err)
}

// Parked implements [relay.Parking].
func (d *Deferrals) Parked(ctx context.Context, name string, after int64, limit int) ([]relay.Deferred, error) {
	parked, err := d.read(ctx, selectParked, name, after, limit)
	return parked, d.groups.failed("read the parked messages", err)
}

// Replay implements [relay.Parking].
func (d *Deferrals) Replay(ctx context.Context, name string, positions []int64) (int, error) {
	replayed := 0
	for _, position := range positions {
		n, err := d.replay(ctx, replayParked, name, position, codec.Micros(d.groups.now()))
		if err != nil {
			return replayed, err
		}
		replayed += n
	}
	return replayed, nil
}

// ReplayAll implements [relay.Parking].
func (d *Deferrals) ReplayAll(ctx context.Context, name string) (int, error) {
	return d.replay(ctx, replayAllParked, name, codec.Micros(d.groups.now()))
}

func (d *Deferrals) replay(ctx context.Context, statement string, args ...any) (int, error) {
	const attempted = "replay parked messages"
	n, err := d.groups.carryOut(ctx, statement, args...)
	return int(n), d.groups.failed(attempted, err)
}

// Backlogs implements [relay.Parking].
func (d *Deferrals) Backlogs(ctx context.Context) ([]relay.Backlog, error) {
	var all []relay.Backlog
	err := each(ctx, d.groups.db, func(rows *sql.Rows) error {
		var b relay.Backlog
		err := rows.Scan(&b.Relay, &b.Waiting, &b.Parked)
		all = append(all, b)
		return err
	}, countDeferred)
	return all, d.groups.failed("count the deferred messages", err)
}

// read returns the messages that a statement selects.
func (d *Deferrals) read(ctx context.Context, statement string, args ...any) ([]relay.Deferred, error) {
	var all []relay.Deferred
	err := each(ctx, d.groups.db, func(rows *sql.Rows) error {
		m, err := scanDeferred(rows)
		all = append(all, m)
		return err
	}, statement, args...)
	return all, err
}

func scanDeferred(rows *sql.Rows) (m relay.Deferred, err error) {
	var key string
	var due, since int64
	if err := rows.Scan(&m.Position, &key, &m.Attempts, &due, &since, &m.Reason); err != nil {
		return m, err
	}
	m.Due, m.Since = codec.TimeOf(due), codec.TimeOf(since)
	m.Stream, err = eventlog.ParseStream(key)
	return m, err
}
