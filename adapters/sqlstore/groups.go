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
)

// A claim that ran out can be taken; each statement says by itself whether its
// caller may, so none needs a transaction around it.
const (
	insertGroup = `INSERT INTO consumer_groups (topic, name, position, moved_at, holder, held_until, lease, claims, generation)
VALUES ($1, $2, $3, $4, '', 0, 0, 0, $4) ON CONFLICT (topic, name) DO NOTHING`

	claimGroup = `UPDATE consumer_groups SET holder = $3, held_until = $4, lease = $5, claims = claims + 1
WHERE topic = $1 AND name = $2 AND (holder = $3 OR held_until < $6 OR claims = $7) RETURNING position, generation`

	selectHold = `SELECT holder, claims, lease FROM consumer_groups WHERE topic = $1 AND name = $2`

	moveGroup = `UPDATE consumer_groups SET position = $5, moved_at = $6
WHERE topic = $1 AND name = $2 AND holder = $3 AND position = $4`

	releaseGroup = `UPDATE consumer_groups SET holder = '', held_until = 0 WHERE topic = $1 AND name = $2 AND holder = $3`

	selectGroup = `SELECT position, moved_at, holder, held_until FROM consumer_groups WHERE topic = $1 AND name = $2`

	selectGroups = `SELECT g.topic, g.name, g.position, g.moved_at, g.holder, g.held_until,
  CASE WHEN g.topic = 'events' THEN (SELECT coalesce(max(position), 0) FROM events) ELSE 0 END,
  coalesce(e.recorded_at, 0)
FROM consumer_groups AS g LEFT JOIN events AS e ON g.topic = 'events' AND e.position = g.position + 1
ORDER BY g.topic, g.name`

	seekGroup = `UPDATE consumer_groups SET position = $3, moved_at = $4, generation = CASE WHEN $3 < position THEN generation + 1 ELSE generation END
WHERE topic = $1 AND name = $2 AND held_until < $4`

	deleteGroup = `DELETE FROM consumer_groups WHERE topic = $1 AND name = $2 AND held_until < $3`
)

// Groups keeps consumer groups. It implements [consumer.Store] and is safe for
// concurrent use.
type Groups struct {
	db       *sql.DB
	classify func(error) Class
	writing  writeLock
	now      func() time.Time
	watch    *consumer.Watch
	// certain returns the position of the last event that may be given out.
	certain func(context.Context) (int64, error)
	// history names the history that new connections lead to, as [consumer.Grant].
	history func() string
	// What a person decides must not be undone by a failover, which the places of
	// consumers may be.
	carryOut         func(ctx context.Context, statement string, args ...any) (int64, error)
	confirmCommitted func(context.Context) error
}

var _ consumer.Store = (*Groups)(nil)

// Groups returns the store's consumer groups. What a crash takes from a group is
// consumed again.
func (s *Store) Groups() consumer.Store { return s.groups() }

func (s *Store) groups() *Groups {
	return &Groups{
		db: s.pools.Models, classify: s.dialect.Classify, writing: s.writing, now: s.now, watch: &s.watch, certain: s.certainHead,
		history: s.pools.History, carryOut: s.carryOut, confirmCommitted: s.confirmCommitted,
	}
}

// Claim implements [consumer.Holds].
func (g *Groups) Claim(ctx context.Context, c consumer.Claim) (consumer.Grant, error) {
	grant, found, err := g.claim(ctx, c, noClaim)
	if err == nil && !found {
		grant, err = g.takeOver(ctx, c)
	}
	if errors.Is(err, consumer.ErrUnknownGroup) {
		grant, err = g.begin(ctx, c)
	}
	if err != nil {
		return grant, g.failed("claim a consumer group", err)
	}
	// Read after the position, which may have moved meanwhile.
	head, err := g.head(ctx, c.Topic)
	if err == nil && grant.Position > head {
		err = fmt.Errorf("the group is at %d, the head is %d: %w", grant.Position, head, consumer.ErrBeyondHead)
	}
	if err != nil {
		return grant, errors.Join(g.failed("read the head", err), g.Release(ctx, c.ID, c.Holder))
	}
	return grant, nil
}

// takeOver claims a group whose holder was seen to renew nothing for a whole
// lease. It returns ErrHeld of another, and ErrUnknownGroup.
func (g *Groups) takeOver(ctx context.Context, c consumer.Claim) (grant consumer.Grant, err error) {
	var hold consumer.Hold
	var lease int64
	err = g.db.QueryRowContext(ctx, selectHold, c.Topic, c.Name).Scan(&hold.Holder, &hold.Claims, &lease)
	if errors.Is(err, sql.ErrNoRows) {
		return grant, consumer.ErrUnknownGroup
	}
	if err != nil {
		return grant, err
	}
	hold.Lease = time.Duration(lease) * time.Microsecond
	if !g.watch.Over(c.ID, hold) {
		return grant, consumer.ErrHeld
	}
	grant, found, err := g.claim(ctx, c, hold.Claims)
	if err == nil && !found {
		err = consumer.ErrHeld
	}
	return grant, err
}

// begin makes a group, unless another did, and claims it.
func (g *Groups) begin(ctx context.Context, c consumer.Claim) (grant consumer.Grant, err error) {
	head, err := g.certainHead(ctx, c.Topic)
	if err != nil {
		return grant, err
	}
	at, err := c.Start.At(head)
	if err != nil {
		return grant, err
	}
	if _, err := g.exec(ctx, insertGroup, c.Topic, c.Name, at, codec.Micros(g.now())); err != nil {
		return grant, err
	}
	grant, found, err := g.claim(ctx, c, noClaim)
	if err == nil && !found {
		err = consumer.ErrHeld
	}
	return grant, err
}

// noClaim is the number of no claim.
const noClaim = -1

// claim claims a group that is free, the caller's, or under the claim of that
// number, which ran out.
func (g *Groups) claim(ctx context.Context, c consumer.Claim, over int64) (grant consumer.Grant, found bool, err error) {
	if err := g.writing.acquire(ctx); err != nil {
		return grant, false, err
	}
	defer g.writing.release()
	now := g.now()
	err = g.db.QueryRowContext(ctx, claimGroup, c.Topic, c.Name, c.Holder, codec.Micros(now.Add(c.Lease)), c.Lease.Microseconds(), codec.Micros(now), over).
		Scan(&grant.Position, &grant.Generation)
	if errors.Is(err, sql.ErrNoRows) {
		return grant, false, nil
	}
	grant.History = g.historyNow()
	return grant, err == nil, err
}

// Move implements [consumer.Holds].
func (g *Groups) Move(ctx context.Context, m consumer.Move) error {
	if err := g.writing.acquire(ctx); err != nil {
		return g.failed("move a consumer group", err)
	}
	defer g.writing.release()
	conn, err := g.db.Conn(ctx) // stays at one server, whose history is known by now
	if err != nil {
		return g.failed("move a consumer group", err)
	}
	err = g.MoveWithin(ctx, conn, m)
	return errors.Join(err, g.failed("move a consumer group", conn.Close()))
}

// historyNow is empty where no server tells.
func (g *Groups) historyNow() string {
	if g.history == nil {
		return ""
	}
	return g.history()
}

// Execer is a pool, a connection or a transaction.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// MoveWithin is Move within a transaction, which must be rolled back if it
// fails, or on a connection.
func (g *Groups) MoveWithin(ctx context.Context, tx Execer, m consumer.Move) error {
	if m.History != "" && m.History != g.historyNow() {
		return g.failed("move a consumer group", consumer.ErrLost)
	}
	result, err := tx.ExecContext(ctx, moveGroup, m.Topic, m.Name, m.Holder, m.From, m.To, codec.Micros(g.now()))
	return g.failed("move a consumer group", one(result, err, consumer.ErrLost))
}

// one returns a failure unless a statement has changed a row.
func one(result sql.Result, err, failure error) error {
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	if err == nil && changed == 0 {
		err = failure
	}
	return err
}

// Release implements [consumer.Holds].
func (g *Groups) Release(ctx context.Context, id consumer.ID, holder string) error {
	_, err := g.exec(ctx, releaseGroup, id.Topic, id.Name, holder)
	return g.failed("release a consumer group", err)
}

// Groups implements [consumer.Store].
func (g *Groups) Groups(ctx context.Context) ([]consumer.Group, error) {
	var groups []consumer.Group
	err := each(ctx, g.db, func(rows *sql.Rows) error {
		var group consumer.Group
		var moved, held, since int64
		err := rows.Scan(&group.Topic, &group.Name, &group.Position, &moved, &group.Holder, &held, &group.Head, &since)
		group.MovedAt, group.HeldUntil = codec.TimeOf(moved), codec.TimeOf(held)
		if since != 0 {
			group.Since = codec.TimeOf(since)
		}
		groups = append(groups, group)
		return err
	}, selectGroups)
	if err != nil {
		return nil, g.failed("read the consumer groups", err)
	}
	return groups, nil
}

// Seek implements [consumer.Store].
func (g *Groups) Seek(ctx context.Context, id consumer.ID, position int64) (consumer.Group, error) {
	const attempted = "move a consumer group"
	was, err := g.findToChange(ctx, id)
	if err != nil {
		return was, g.failed(attempted, err)
	}
	if was.Head, err = g.certainHead(ctx, id.Topic); err != nil {
		return was, g.failed(attempted, err)
	}
	if position > was.Head {
		return was, fmt.Errorf("position %d, the head is %d: %w", position, was.Head, consumer.ErrBeyondHead)
	}
	n, err := g.carryOut(ctx, seekGroup, id.Topic, id.Name, position, codec.Micros(g.now()))
	if err == nil && n == 0 {
		err = consumer.ErrHeld
	}
	return was, g.failed(attempted, err)
}

// Delete implements [consumer.Store].
func (g *Groups) Delete(ctx context.Context, id consumer.ID) (consumer.Group, error) {
	const attempted = "delete a consumer group"
	was, err := g.findToChange(ctx, id)
	if err != nil {
		return was, g.failed(attempted, err)
	}
	n, err := g.carryOut(ctx, deleteGroup, id.Topic, id.Name, codec.Micros(g.now()))
	if err == nil && n == 0 {
		err = consumer.ErrHeld
	}
	return was, g.failed(attempted, err)
}

// findToChange is find for a person. That there is no such group is not said while
// a failover may bring it back: it may just have been deleted.
func (g *Groups) findToChange(ctx context.Context, id consumer.ID) (consumer.Group, error) {
	group, err := g.find(ctx, id)
	if !errors.Is(err, consumer.ErrUnknownGroup) {
		return group, err
	}
	if missing := g.confirmCommitted(ctx); missing != nil {
		return group, missing
	}
	return group, err
}

func (g *Groups) find(ctx context.Context, id consumer.ID) (consumer.Group, error) {
	group := consumer.Group{ID: id}
	var moved, held int64
	err := g.db.QueryRowContext(ctx, selectGroup, id.Topic, id.Name).Scan(&group.Position, &moved, &group.Holder, &held)
	if errors.Is(err, sql.ErrNoRows) {
		return group, consumer.ErrUnknownGroup
	}
	group.MovedAt, group.HeldUntil = codec.TimeOf(moved), codec.TimeOf(held)
	return group, err
}

// certainHead is head without the events that may not be given out yet: a group
// must not stand behind what a failover may lose.
func (g *Groups) certainHead(ctx context.Context, topic string) (int64, error) {
	if topic == eventlog.Topic {
		return g.certain(ctx)
	}
	return g.head(ctx, topic)
}

// head returns the position of a topic's last message.
func (g *Groups) head(ctx context.Context, topic string) (position int64, err error) {
	statement := selectHead
	if topic != eventlog.Topic {
		table, err := TopicTable(topic)
		if err != nil {
			return 0, err
		}
		statement = onTopic(table, selectTopicHead)
	}
	err = g.db.QueryRowContext(ctx, statement).Scan(&position)
	return position, err
}

func (g *Groups) exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if err := g.writing.acquire(ctx); err != nil {
		return nil, err
	}
	defer g.writing.release()
	return g.db.ExecContext(ctx, statement, args...)
}

// failed tells a database that is away, and a standby, from any other fault.
func (g *Groups) failed(attempted string, err error) error {
	return failedAs(g.classify, attempted, err)
}
