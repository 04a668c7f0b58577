package pubsub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// Subscriber is a Watermill subscriber of Dossier's database. It is safe for
// concurrent use.
type Subscriber struct {
	store  *sqlstore.Consumer
	config Config
	logger watermill.LoggerAdapter
	grown  eventlog.Broadcast

	mu         sync.Mutex // guards the fields below
	closed     bool
	listening  bool
	stopListen context.CancelFunc
	running    sync.WaitGroup // subscriptions
	helping    sync.WaitGroup // the listener
	closing    chan struct{}
	released   chan struct{} // all is closed
	err        error         // of closing
}

var (
	_ message.Subscriber           = (*Subscriber)(nil)
	_ message.SubscribeInitializer = (*Subscriber)(nil)
)

// Open connects to Dossier's database, `sqlite:PATH` or `postgres://...` as in
// DOSSIER_DATABASE_URL. It changes nothing there: the schema must be that of this
// version. It returns ErrURL, consumer.ErrName, fs.ErrNotExist for a file that is
// missing, sqlstore.ErrNotMigrated or sqlstore.ErrTooNew.
func Open(ctx context.Context, databaseURL string, c Config) (*Subscriber, error) {
	if err := consumer.CheckName(c.Group); err != nil {
		return nil, fmt.Errorf("consumer group: %w", err)
	}
	c = c.withDefaults()
	store, err := open(ctx, databaseURL, c.now)
	if err != nil {
		return nil, err
	}
	return newSubscriber(store, c), nil
}

func newSubscriber(store *sqlstore.Consumer, c Config) *Subscriber {
	return &Subscriber{
		store: store, config: c, logger: c.Logger,
		closing: make(chan struct{}), released: make(chan struct{}), stopListen: func() {},
	}
}

// open opens a database by its URL.
func open(ctx context.Context, databaseURL string, now func() time.Time) (*sqlstore.Consumer, error) {
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok && path != "" {
		return sqlite.OpenConsumer(ctx, path, now)
	}
	store, err := postgres.OpenConsumer(ctx, databaseURL, now)
	if errors.Is(err, postgres.ErrURL) {
		return nil, ErrURL
	}
	return store, err
}

// Subscribe consumes a topic for the subscriber's group until ctx ends or the
// subscriber is closed; then the channel is closed. Every message must be
// acknowledged or not, each before the next comes. If another subscription of the
// group consumes, this one stands by.
//
// It returns ErrClosed, sqlstore.ErrTopic, sqlstore.ErrUnknownTopic,
// consumer.ErrBeyondHead, or what the database says.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, ErrClosed
	}
	s.running.Add(1)
	s.mu.Unlock()
	out, err := s.subscribe(ctx, topic)
	if err != nil {
		s.running.Done()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return out, nil
}

func (s *Subscriber) subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	sub, err := s.prepare(ctx, topic)
	if err != nil {
		return nil, err
	}
	inner, err := wsql.NewSubscriber(beginner{sub}, wsql.SubscriberConfig{
		ConsumerGroup: s.config.Group, AckDeadline: s.config.ackDeadline(),
		ResendInterval: time.Nanosecond, // the wait is ours: nothing is held meanwhile, and it can be ended
		BackoffManager: sub, SchemaAdapter: adapter{}, OffsetsAdapter: offsets{sub},
	}, s.logger)
	if err != nil {
		return nil, err
	}
	if err := sub.claim(ctx); err != nil && !errors.Is(err, consumer.ErrHeld) {
		return nil, err
	}
	// What ends it is run, so that a message in hand can be finished.
	in, err := inner.Subscribe(context.WithoutCancel(ctx), topic)
	if err != nil {
		sub.release()
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer s.running.Done()
		sub.run(ctx, inner, in, out)
	}()
	return out, nil
}

func (s *Subscriber) prepare(ctx context.Context, topic string) (*subscription, error) {
	read := readEvents(s.store)
	if topic != Topic {
		found, err := s.store.HasTopic(ctx, topic)
		if err == nil && !found {
			err = sqlstore.ErrUnknownTopic
		}
		if err != nil {
			return nil, err
		}
		read = readTopic(s.store, topic)
	}
	return &subscription{
		owner: s, store: s.store, config: s.config, read: read, ctx: ctx, ending: make(chan struct{}),
		logger: s.logger.With(watermill.LogFields{"topic": topic, "consumer_group": s.config.Group}),
		place:  newPlace(consumer.ID{Topic: topic, Name: s.config.Group}),
		pace:   pace{size: 1, most: s.config.BatchSize},
	}, nil
}

// SubscribeInitialize makes a topic's table, unless it is there. The topic
// [Topic] always is. It implements Watermill's SubscribeInitializer.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	return initialize(context.Background(), s.store, topic)
}

// initializeTimeout bounds the making of a table.
const initializeTimeout = time.Minute

func initialize(ctx context.Context, store *sqlstore.Consumer, topic string) error {
	if topic == Topic {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, initializeTimeout)
	defer cancel()
	return store.CreateTopic(ctx, topic)
}

// listen starts what wakes the subscriptions, once.
func (s *Subscriber) listen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listening || s.closed {
		return
	}
	s.listening = true
	ctx, stop := context.WithCancel(context.Background())
	s.stopListen = stop
	s.helping.Go(func() { s.store.Listen(ctx, s.grown.Notify) })
}

// Close ends all subscriptions, whose channels are closed when it returns, and
// the connections. A message that a handler has in hand may be finished within
// Config.CloseTimeout.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if !first {
		<-s.released
		return s.err
	}
	close(s.closing)
	s.running.Wait()
	s.stopListen()
	s.helping.Wait()
	s.err = s.store.Close()
	close(s.released)
	return s.err
}
