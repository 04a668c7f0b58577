package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
)

// schema is how Watermill's publisher sees the log: one topic, whose messages
// are events with a place. It only writes: a subscriber reads with another one.
type schema struct{ dialect Dialect }

var (
	_ wsql.SchemaAdapter = schema{}

	errWritesOnly  = errors.New("the schema of the appender does not read")
	errNotRecorded = errors.New("a message without a place in the log")
)

// recordedKey is where a message carries its place in the log. Watermill's
// metadata would carry it as text that has to be written and read again.
type recordedKey struct{}

// newMessage returns the message that appends an event.
func newMessage(ctx context.Context, e *eventlog.Recorded) *message.Message {
	m := &message.Message{UUID: e.EventID, Payload: message.Payload(e.Data)}
	m.SetContext(context.WithValue(ctx, recordedKey{}, e))
	return m
}

// InsertQuery implements Watermill's SchemaAdapter: one statement for all the
// messages of a batch.
func (a schema) InsertQuery(params wsql.InsertQueryParams) (wsql.Query, error) {
	n := len(params.Msgs)
	positions, versions, times := make(Ints, n), make(Ints, n), make(Ints, n)
	ids, streams, types := make(UUIDs, n), make(Texts, n), make(Texts, n)
	data, metadata := make(Texts, n), make(Texts, n)
	for i, m := range params.Msgs {
		e, ok := m.Context().Value(recordedKey{}).(*eventlog.Recorded)
		if !ok {
			return wsql.Query{}, errNotRecorded
		}
		positions[i], versions[i], times[i] = e.Position, e.Version, codec.Micros(e.RecordedAt)
		ids[i], streams[i], types[i] = e.EventID, e.Stream.Key(), e.Type
		data[i], metadata[i] = e.Data, e.Metadata
	}
	return wsql.Query{
		Query: a.dialect.InsertEvents,
		Args:  a.dialect.Bulk(positions, ids, streams, versions, types, data, metadata, times),
	}, nil
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
