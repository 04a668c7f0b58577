package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"
)

// schema is how Watermill's publisher sees the log: one topic, whose messages
// are events with a place. It only writes: a subscriber reads with another one.
type schema struct{ dialect Dialect }

var (
	_ wsql.SchemaAdapter = schema{}

	errWritesOnly = errors.New("the schema of the appender does not read")
	errNoBatch    = errors.New("messages that are not those of a batch")
)

// batchKey is where the messages of a batch carry it. Watermill's metadata
// would carry each event's place as text, to be written and read again.
type batchKey struct{}

// messages returns the batch's events as messages.
func (b *batch) messages(ctx context.Context) []*message.Message {
	ctx = context.WithValue(ctx, batchKey{}, b)
	messages := make([]*message.Message, len(b.events))
	for i, e := range b.events {
		messages[i] = &message.Message{UUID: e.EventID, Payload: message.Payload(e.Data)}
		messages[i].SetContext(ctx)
	}
	return messages
}

// InsertQuery implements Watermill's SchemaAdapter: one statement for all the
// messages of a batch, and for what is stored beside them.
func (a schema) InsertQuery(params wsql.InsertQueryParams) (wsql.Query, error) {
	if len(params.Msgs) == 0 {
		return wsql.Query{}, errNoBatch
	}
	b, ok := params.Msgs[0].Context().Value(batchKey{}).(*batch)
	if !ok || len(params.Msgs) != len(b.events) {
		return wsql.Query{}, errNoBatch
	}
	args := a.dialect.Bulk(b.eventColumns()...)
	args = append(args, a.dialect.Bulk(b.headColumns()...)...)
	args = append(args, a.dialect.Bulk(b.deliveryColumns()...)...)
	return wsql.Query{Query: a.dialect.Append, Args: args}, nil
}

// SelectQuery implements Watermill's SchemaAdapter; it refuses.
func (schema) SelectQuery(wsql.SelectQueryParams) (wsql.Query, error) {
	return wsql.Query{}, errWritesOnly
}

// UnmarshalMessage implements Watermill's SchemaAdapter; it refuses.
func (schema) UnmarshalMessage(wsql.UnmarshalMessageParams) (wsql.Row, error) {
	return wsql.Row{}, errWritesOnly
}

// SchemaInitializingQueries implements Watermill's SchemaAdapter. The tables
// are made by migrations.
func (schema) SchemaInitializingQueries(wsql.SchemaInitializingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// SubscribeIsolationLevel implements Watermill's SchemaAdapter. Positions are
// gapless in commit order, so no reader needs more.
func (schema) SubscribeIsolationLevel() sql.IsolationLevel { return sql.LevelReadCommitted }
