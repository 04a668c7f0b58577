package pubsub_test

import (
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"dossier/adapters/pubsub"
)

// TestConformance runs Watermill's own suite. Its messages carry no stream: they
// go to topics of their own.
func TestConformance(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		features := tests.Features{ConsumerGroups: true, ExactlyOnceDelivery: true, GuaranteedOrder: true, Persistent: true}
		inGroup := func(t *testing.T, group string) (message.Publisher, message.Subscriber) {
			return pair(t, databaseURL, group)
		}
		together := func(t *testing.T) (message.Publisher, message.Subscriber) { return pair(t, databaseURL, "test") }
		alone := func(t *testing.T) (message.Publisher, message.Subscriber) {
			return pair(t, databaseURL, "alone-"+watermill.NewUUID())
		}
		t.Run("suite", func(t *testing.T) { tests.TestPubSub(t, features, together, inGroup) })

		// The suite skips these where messages are delivered once.
		features.ExactlyOnceDelivery = false
		context := func() tests.TestContext { return tests.TestContext{TestID: tests.NewTestID(), Features: features} }
		t.Run("continues after subscribers are closed", func(t *testing.T) { tests.TestContinueAfterSubscribeClose(t, context(), together) })
		t.Run("closes concurrently", func(t *testing.T) { tests.TestConcurrentClose(t, context(), together) })
		// This one needs a group for each of its subscribers.
		features.NewSubscriberReceivesOldMessages = true
		t.Run("groups receive old messages", func(t *testing.T) { tests.TestNewSubscriberReceivesOldMessages(t, context(), alone) })
	})
}

// pair opens a publisher and a subscriber, which some of the suite's tests
// forget to close.
func pair(t *testing.T, databaseURL, group string) (message.Publisher, message.Subscriber) {
	t.Helper()
	publisher, err := pubsub.OpenPublisher(t.Context(), databaseURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { publisher.Close() })
	subscriber, err := pubsub.Open(t.Context(), databaseURL, pubsub.Config{
		Group: group, ResendDelay: 5 * time.Millisecond, CloseTimeout: 100 * time.Millisecond,
		// The suite opens 50 subscribers before it takes the first one's message. On a
		// busy machine that one would come again meanwhile, which the suite counts as
		// if another were missing.
		AckDeadline: pubsub.Never,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { subscriber.Close() })
	return publisher, subscriber
}
