package pubsub

import (
	"context"
	"database/sql"
	"errors"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
)

// What Watermill's Subscriber asks of the database are the two things below. It
// hands them back as arguments, by which they are told from what a handler
// executes.
type (
	selection struct{}
	ack       struct{ to int64 }
)

var (
	_ wsql.SchemaAdapter  = adapter{}
	_ wsql.OffsetsAdapter = offsets{}
	_ wsql.Beginner       = beginner{}

	errUnused = errors.New("not used by this subscriber")
)

// adapter implements Watermill's SchemaAdapter for one subscription.
type adapter struct{}

// InsertQuery implements Watermill's SchemaAdapter; it refuses.
func (adapter) InsertQuery(wsql.InsertQueryParams) (wsql.Query, error) {
	return wsql.Query{}, errUnused
}

// SelectQuery implements Watermill's SchemaAdapter.
func (adapter) SelectQuery(wsql.SelectQueryParams) (wsql.Query, error) {
	return wsql.Query{Query: "read a batch", Args: []any{selection{}}}, nil
}

// UnmarshalMessage implements Watermill's SchemaAdapter.
func (adapter) UnmarshalMessage(params wsql.UnmarshalMessageParams) (wsql.Row, error) {
	b, ok := params.Row.(*batch)
	if !ok {
		return wsql.Row{}, errUnused
	}
	return b.row(), nil
}

// SchemaInitializingQueries implements Watermill's SchemaAdapter. Tables are
// made by Initialize.
func (adapter) SchemaInitializingQueries(wsql.SchemaInitializingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// SubscribeIsolationLevel implements Watermill's SchemaAdapter. Positions have
// no holes, so no reader needs more.
func (adapter) SubscribeIsolationLevel() sql.IsolationLevel { return sql.LevelDefault }

// offsets implements Watermill's OffsetsAdapter for one subscription.
type offsets struct{ s *subscription }

// AckMessageQuery implements Watermill's OffsetsAdapter.
func (offsets) AckMessageQuery(params wsql.AckMessageQueryParams) (wsql.Query, error) {
	return wsql.Query{Query: "move the group", Args: []any{ack{params.LastRow.Offset}}}, nil
}

// ConsumedMessageQuery implements Watermill's OffsetsAdapter. It is called
// before each message is sent, when those before it are acknowledged, and has
// nothing to execute.
func (o offsets) ConsumedMessageQuery(params wsql.ConsumedMessageQueryParams) (wsql.Query, error) {
	o.s.current.next(params.Row.Offset)
	return wsql.Query{}, nil
}

// NextOffsetQuery implements Watermill's OffsetsAdapter; the subscription knows.
func (offsets) NextOffsetQuery(wsql.NextOffsetQueryParams) (wsql.Query, error) {
	return wsql.Query{}, errUnused
}

// SchemaInitializingQueries implements Watermill's OffsetsAdapter. The table of
// groups is made by migrations.
func (offsets) SchemaInitializingQueries(wsql.OffsetsSchemaInitializingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// BeforeSubscribingQueries implements Watermill's OffsetsAdapter. The group is
// claimed before.
func (offsets) BeforeSubscribingQueries(wsql.BeforeSubscribingQueriesParams) ([]wsql.Query, error) {
	return nil, nil
}

// beginner implements Watermill's Beginner: it begins batches.
type beginner struct{ s *subscription }

// BeginTx implements Watermill's Beginner.
func (b beginner) BeginTx(ctx context.Context, _ *sql.TxOptions) (wsql.Tx, error) {
	return b.s.begin(ctx)
}

// ExecContext implements Watermill's Beginner; it refuses.
func (beginner) ExecContext(context.Context, string, ...any) (wsql.Result, error) {
	return nil, errUnused
}

// QueryContext implements Watermill's Beginner; it refuses.
func (beginner) QueryContext(context.Context, string, ...any) (wsql.Rows, error) {
	return nil, errUnused
}
