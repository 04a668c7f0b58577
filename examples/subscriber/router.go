package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"dossier/adapters/pubsub"
)

const (
	// group is the consumer group of this service.
	group = "example-accounts"
	// poisonTopic takes what could not be handled. It is a topic in the same
	// database, so that nothing else has to run.
	poisonTopic = "example_poison"
)

// run consumes until ctx ends.
func run(ctx context.Context, databaseURL string, duty onDuty, logger *slog.Logger) (err error) {
	log := watermill.NewSlogLogger(logger)
	subscriber, err := pubsub.Open(ctx, databaseURL, pubsub.Config{Group: group, Logger: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, subscriber.Close()) }()
	publisher, err := pubsub.OpenPublisher(ctx, databaseURL, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, publisher.Close()) }()
	if err := publisher.Initialize(ctx, poisonTopic); err != nil {
		return err
	}
	router, err := newRouter(subscriber, publisher, newAccounts(subscriber, duty), log)
	if err != nil {
		return err
	}
	return router.Run(ctx)
}

// newRouter puts the handlers behind what every handler needs. The order counts:
// the first middleware is the outermost.
func newRouter(subscriber *pubsub.Subscriber, publisher *pubsub.Publisher, a *accounts, log watermill.LoggerAdapter) (*message.Router, error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, log)
	if err != nil {
		return nil, err
	}
	poison, err := middleware.PoisonQueue(publisher, poisonTopic)
	if err != nil {
		return nil, err
	}
	events := router.AddConsumerHandler("accounts", pubsub.Topic, subscriber, a.handle)
	events.AddMiddleware(
		// What is published in consequence of an event keeps its correlation id.
		middleware.CorrelationID,
		// What fails in spite of all tries is put aside, so that the rest goes on.
		poison,
		middleware.Retry{MaxRetries: 3, InitialInterval: 50 * time.Millisecond, Multiplier: 3, Logger: log}.Middleware,
		// A panic is an error like any other.
		middleware.Recoverer,
		// A try that fails leaves nothing behind in the message's transaction.
		pubsub.Atomic,
	)
	router.AddConsumerHandler("poison", poisonTopic, subscriber, a.poisoned)
	return router, nil
}
