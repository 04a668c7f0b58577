package pubsub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/pubsub"
	"dossier/adapters/sqlstore"
)

func openPublisher(t *testing.T, databaseURL string) *pubsub.Publisher {
	t.Helper()
	p, err := pubsub.OpenPublisher(t.Context(), databaseURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// plain is a message that only has a name.
func plain(name string) *message.Message { return message.NewMessage(name, nil) }

// names takes messages and returns their names.
func names(t *testing.T, in <-chan *message.Message, n int) (all []string) {
	t.Helper()
	for range n {
		msg := next(t, in)
		all = append(all, msg.UUID)
		msg.Ack()
	}
	return all
}

func subscribeToTopic(t *testing.T, databaseURL, topic string) <-chan *message.Message {
	t.Helper()
	s := open(t, databaseURL, pubsub.Config{})
	if err := s.SubscribeInitialize(topic); err != nil {
		t.Fatal(err)
	}
	in, err := s.Subscribe(context.Background(), topic)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestWhatIsPublishedArrivesAsItIs(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		p, in := openPublisher(t, databaseURL), subscribeToTopic(t, databaseURL, "poisoned-$:._A")
		for _, want := range []*message.Message{
			{UUID: "", Payload: nil, Metadata: nil},
			{UUID: "é 🙂", Payload: []byte{0, 1, 255, '"', '\\', '\n'}, Metadata: message.Metadata{"a": "\x01\"é", "": ""}},
		} {
			if err := p.Publish("poisoned-$:._A", want); err != nil {
				t.Fatal(err)
			}
			got := next(t, in)
			got.Ack()
			if !got.Equals(want) {
				t.Errorf("got %q %q %v, want %q %q %v", got.UUID, got.Payload, got.Metadata, want.UUID, want.Payload, want.Metadata)
			}
		}
	})
}

// A transaction that was rolled back leaves no hole, and one that is slow is
// waited for: nobody is overtaken unseen.
func TestPositionsOfATopicHaveNoHoles(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		const writers, each = 10, 20
		p, in := openPublisher(t, databaseURL), subscribeToTopic(t, databaseURL, "queue")
		db := raw(t, databaseURL)
		var publishing sync.WaitGroup
		for w := range writers {
			publishing.Go(func() {
				for i := range each {
					if err := p.Publish("queue", plain(fmt.Sprint(w, "/", i, "a")), plain(fmt.Sprint(w, "/", i, "b"))); err != nil {
						t.Error(err)
					}
					withdrawn(t, p, databaseURL, i)
				}
			})
		}
		got := names(t, in, 2*writers*each)
		publishing.Wait()
		var holes int
		if err := db.QueryRow(`SELECT max(position) - count(*) FROM topic_queue`).Scan(&holes); err != nil || holes != 0 {
			t.Errorf("%d holes, %v", holes, err)
		}
		for i := 0; i < len(got); i += 2 {
			if a, b := got[i], got[i+1]; a[:len(a)-1]+"b" != b {
				t.Errorf("%s was followed by %s", a, b)
			}
		}
	})
}

// withdrawn publishes now and then within a transaction that is rolled back.
func withdrawn(t *testing.T, p *pubsub.Publisher, databaseURL string, i int) {
	if i%10 != 0 {
		return
	}
	tx, err := raw(t, databaseURL).Begin()
	if err != nil {
		t.Error(err)
		return
	}
	within, err := p.Within(tx)
	if err == nil {
		err = within.Publish("queue", plain("withdrawn"))
	}
	if err := errors.Join(err, tx.Rollback()); err != nil {
		t.Error(err)
	}
}

// What a handler publishes through its message's transaction is published once,
// with the acknowledgement.
func TestPublishingWithinAMessagesTransaction(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(5)...)
		p := openPublisher(t, databaseURL)
		if err := p.Initialize(t.Context(), "queue"); err != nil {
			t.Fatal(err)
		}
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{Group: "publishes"}))
		refused := false
		for done := 0; done < 5; {
			msg := next(t, in)
			tx, err := pubsub.Tx(msg.Context())
			if err != nil {
				t.Fatal(err)
			}
			within, err := p.Within(tx)
			if err == nil {
				err = within.Publish("queue", plain(position(t, msg)))
			}
			if err != nil {
				t.Fatal(err)
			}
			if done == 3 && !refused {
				refused = true
				msg.Nack()
				continue
			}
			done++
			msg.Ack()
		}
		if got := names(t, subscribeToTopic(t, databaseURL, "queue"), 5); !slices.Equal(got, []string{"1", "2", "3", "4", "5"}) {
			t.Errorf("got %v", got)
		}
	})
}

func TestManyInitializeATopicAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		const many = 12
		var initializing sync.WaitGroup
		for range many {
			s := open(t, databaseURL, pubsub.Config{})
			initializing.Go(func() {
				for i := range 3 {
					if err := s.SubscribeInitialize(fmt.Sprint("topic-", i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		initializing.Wait()
	})
}

func TestFaultsOfPublishing(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		p := openPublisher(t, databaseURL)
		for topic, want := range map[string]error{pubsub.Topic: pubsub.ErrReserved, "a b": sqlstore.ErrTopic, `"`: sqlstore.ErrTopic} {
			if err := p.Publish(topic, plain("x")); !errors.Is(err, want) {
				t.Errorf("topic %q: %v, want %v", topic, err, want)
			}
		}
		tx, err := raw(t, databaseURL).Begin()
		if err != nil {
			t.Fatal(err)
		}
		within, err := p.Within(tx)
		if err != nil {
			t.Fatal(err)
		}
		if err := within.Publish(pubsub.Topic, plain("x")); !errors.Is(err, pubsub.ErrReserved) {
			t.Errorf("to the log, within a transaction: %v", err)
		}
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
		if err := p.Publish("queue"); err != nil {
			t.Errorf("nothing: %v", err)
		}
		if err := p.Publish("queue", nil); err == nil {
			t.Error("a message that is nil was published")
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := p.Publish("queue", plain("x")); !errors.Is(err, pubsub.ErrClosed) {
			t.Errorf("a closed publisher: %v", err)
		}
	})
}

// everything implements watermill.LoggerAdapter: it keeps what it is told, in
// every form.
type everything struct {
	watermill.NopLogger
	told *strings.Builder
}

// Trace implements watermill.LoggerAdapter.
func (e everything) Trace(msg string, fields watermill.LogFields) {
	encoded, err := json.Marshal(fields)
	fmt.Fprintf(e.told, "%s %v %#v %s %v", msg, fields, fields, encoded, err)
}

// With implements watermill.LoggerAdapter.
func (e everything) With(watermill.LogFields) watermill.LoggerAdapter { return e }

func TestWhatIsPublishedIsNotLogged(t *testing.T) {
	logger := everything{told: new(strings.Builder)}
	p, err := pubsub.OpenPublisher(t.Context(), onSQLite(t), logger)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Publish("poisoned", valid()); err != nil {
		t.Fatal(err)
	}
	if told := logger.told.String(); !strings.Contains(told, "Inserting") || strings.Contains(told, "secret") {
		t.Errorf("the log says %s", told)
	}
}
