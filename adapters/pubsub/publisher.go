package pubsub

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/sqlstore"
)

// Publisher is a Watermill publisher to topics of one's own in Dossier's
// database, such as a queue of messages that could not be handled. A topic is
// made when it is first published to. It is safe for concurrent use.
type Publisher struct {
	store *sqlstore.Consumer
	inner *wsql.Publisher

	initialized sync.Map      // topics
	announce    chan struct{} // holds one: a topic grew since the last announcement
	stop        context.CancelFunc
	announcing  sync.WaitGroup

	mu     sync.RWMutex // held for reading while something is published
	closed bool
}

var _ message.Publisher = (*Publisher)(nil)

// OpenPublisher connects to Dossier's database as [Open] does, and returns the
// same errors. The logger may be nil.
func OpenPublisher(ctx context.Context, databaseURL string, logger watermill.LoggerAdapter) (*Publisher, error) {
	store, err := open(ctx, databaseURL, time.Now)
	if err != nil {
		return nil, err
	}
	inner, err := wsql.NewPublisher(wsql.BeginnerFromStdSQL(store.Handlers()), wsql.PublisherConfig{SchemaAdapter: inserts{store: store}}, logger)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	background, stop := context.WithCancel(context.Background())
	p := &Publisher{store: store, inner: inner, announce: make(chan struct{}, 1), stop: stop}
	p.announcing.Go(func() { p.announceGrowth(background) })
	return p, nil
}

// Publish appends messages to a topic, all or none, in one statement. The
// context is that of the first message. It returns ErrClosed, ErrReserved,
// sqlstore.ErrTopic, eventlog.ErrNotReplicated while a synchronous standby is
// missing, or what the database says: then they may have been appended all the
// same.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	if len(messages) == 0 {
		return nil
	}
	if slices.Contains(messages, nil) {
		return fmt.Errorf("publish: %w", errNil)
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.closed {
		return fmt.Errorf("publish: %w", ErrClosed)
	}
	if err := p.Initialize(messages[0].Context(), topic); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := p.inner.Publish(topic, messages...); err != nil {
		return p.store.Failed("publish", err)
	}
	select {
	case p.announce <- struct{}{}:
	default:
	}
	return nil
}

// Initialize makes a topic unless it is there.
func (p *Publisher) Initialize(ctx context.Context, topic string) error {
	if topic == Topic {
		return ErrReserved
	}
	if _, done := p.initialized.Load(topic); done {
		return nil
	}
	if err := initialize(ctx, p.store, topic); err != nil {
		return err
	}
	p.initialized.Store(topic, struct{}{})
	return nil
}

// Within returns a publisher whose messages are appended within a transaction,
// such as that of a message ([Tx]), and only if it is committed. The topics must
// have been initialized. Subscribers find the messages within a second, for
// nobody tells them.
func (p *Publisher) Within(tx *sql.Tx) (message.Publisher, error) {
	return wsql.NewPublisher(wsql.TxFromStdSQL(tx), wsql.PublisherConfig{SchemaAdapter: inserts{store: p.store}}, nil)
}

// announceGrowth wakes subscribers. Growth during an announcement is announced
// once.
func (p *Publisher) announceGrowth(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.announce:
			_ = p.store.Announce(ctx) // a hint: they poll as well
		}
	}
}

// Close waits for what is being published, and closes the connections.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.inner.Close()
	p.stop()
	p.announcing.Wait()
	return errors.Join(err, p.store.Close())
}

// inserts implements Watermill's SchemaAdapter for publishers.
type inserts struct {
	adapter
	store *sqlstore.Consumer
}

// InsertQuery implements Watermill's SchemaAdapter: one statement for all
// messages.
func (a inserts) InsertQuery(params wsql.InsertQueryParams) (wsql.Query, error) {
	if params.Topic == Topic {
		return wsql.Query{}, ErrReserved
	}
	messages, err := stored(params.Msgs)
	if err != nil {
		return wsql.Query{}, err
	}
	statement, parameter, err := a.store.InsertMessages(params.Topic, messages, time.Now())
	return wsql.Query{Query: statement, Args: []any{unlogged(parameter)}}, err
}

// unlogged is a parameter that prints as a placeholder. Watermill logs the
// parameters of a statement, and a message that was put aside has its session's
// id.
type unlogged string

const unloggedText = "[messages]"

// Value implements driver.Valuer.
func (u unlogged) Value() (driver.Value, error) { return string(u), nil }

// String returns a placeholder.
func (unlogged) String() string { return unloggedText }

// GoString returns a placeholder.
func (unlogged) GoString() string { return unloggedText }

// MarshalText returns a placeholder.
func (unlogged) MarshalText() ([]byte, error) { return []byte(unloggedText), nil }
