package pubsub_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"dossier/adapters/pubsub"
)

// A router as a service has it: what fails is tried again, and then put aside
// without leaving half of it behind.
func TestARouterWithRetriesAndAPoisonQueue(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(9)...)
		accounts := newAccounts(t, databaseURL)
		publisher := openPublisher(t, databaseURL)
		poisoned := subscribeToTopic(t, databaseURL, "poisoned")
		router, err := message.NewRouter(message.RouterConfig{CloseTimeout: patience}, watermill.NopLogger{})
		if err != nil {
			t.Fatal(err)
		}
		poison, err := middleware.PoisonQueue(publisher, "poisoned")
		if err != nil {
			t.Fatal(err)
		}
		retry := middleware.Retry{MaxRetries: 2, InitialInterval: time.Millisecond}
		router.AddMiddleware(middleware.CorrelationID, poison, retry.Middleware, middleware.Recoverer, pubsub.Atomic)
		tries := map[string]int{}
		router.AddConsumerHandler("accounts", pubsub.Topic, open(t, databaseURL, pubsub.Config{Group: "accounts"}), func(msg *message.Message) error {
			at := position(t, msg)
			tries[at]++
			openAccount(t, msg)
			switch {
			case at == "3" && tries[at] == 1:
				return errors.New("once")
			case at == "5":
				return errors.New("always")
			case at == "7":
				panic("always")
			}
			return nil
		})
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- router.Run(ctx) }()
		for _, want := range []string{"5", "7"} {
			msg := next(t, poisoned)
			msg.Ack()
			if position(t, msg) != want || middleware.MessageCorrelationID(msg) == "" {
				t.Errorf("the message %s was put aside, want %s", position(t, msg), want)
			}
		}
		for deadline := time.Now().Add(patience); len(accounts.opened(t)) < 7 && time.Now().Before(deadline); {
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		accounts.expect(t, 1, 2, 3, 4, 6, 8, 9)
		if tries["3"] != 2 || tries["5"] != 3 || tries["9"] != 1 {
			t.Errorf("tries: %v", tries)
		}
	})
}
