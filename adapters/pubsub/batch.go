package pubsub

import (
	"context"
	"errors"
	"time"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"

	"dossier/adapters/sqlstore"
)

// A batch is about as many messages as a handler takes these times for: a crash
// repeats no more, and a transaction, which on SQLite keeps all others from
// writing, lasts no longer.
const (
	batchTime       = 100 * time.Millisecond
	transactionTime = 20 * time.Millisecond
)

// pace finds the size of batches.
type pace struct{ size, most int }

// next returns how many messages to read.
func (p *pace) next() int { return max(1, min(p.size, p.most)) }

// took reports a batch that was consumed.
func (p *pace) took(messages int, took, budget time.Duration) {
	switch {
	case took > budget:
		p.size = int(time.Duration(messages) * budget / took)
	case messages >= p.next() && took < budget/2:
		p.size = 2 * p.next()
	}
}

// failed lets messages come alone for a while, so that what fails takes nothing
// along.
func (p *pace) failed() { p.size = 1 }

// batch implements Watermill's Rows on messages that are in memory: all were
// read, or there is no batch.
type batch struct {
	rows []wsql.Row
	at   int
}

var (
	_ wsql.Rows = (*batch)(nil)

	errNoColumns = errors.New("messages are taken whole")
)

// Next implements Watermill's Rows.
func (b *batch) Next() bool {
	b.at++
	return b.at <= len(b.rows)
}

// Scan implements Watermill's Scanner; it refuses.
func (*batch) Scan(...any) error { return errNoColumns }

// Close implements Watermill's Rows.
func (*batch) Close() error { return nil }

// row returns the present one.
func (b *batch) row() wsql.Row { return b.rows[b.at-1] }

// reader reads a batch of a topic.
type reader func(ctx context.Context, after int64, limit int) (*batch, error)

// readEvents reads the log.
func readEvents(store *sqlstore.Consumer) reader {
	return func(ctx context.Context, after int64, limit int) (*batch, error) {
		b := &batch{}
		err := store.ReadEvents(ctx, after, limit, func(e *sqlstore.Raw) error {
			msg, err := eventMessage(e)
			b.rows = append(b.rows, wsql.Row{Offset: e.Position, Msg: msg})
			return err
		})
		return b, err
	}
}

// readTopic reads another topic.
func readTopic(store *sqlstore.Consumer, topic string) reader {
	return func(ctx context.Context, after int64, limit int) (*batch, error) {
		b := &batch{}
		err := store.ReadTopic(ctx, topic, after, limit, func(m sqlstore.Message) error {
			msg, err := topicMessage(m)
			b.rows = append(b.rows, wsql.Row{Offset: m.Position, Msg: msg})
			return err
		})
		return b, err
	}
}
