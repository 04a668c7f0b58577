package nats_test

import (
	"context"
	"sync"
	"testing"

	natsgo "github.com/nats-io/nats.go"

	"dossier/application/relay"
)

// watchedBroker tells how far a relay is.
type watchedBroker struct {
	relay.Broker
	marks   []int           // of distinct events that were stored
	reached []chan struct{} // closed at each mark

	mu     sync.Mutex
	stored map[string]bool // by event id
	failed int             // how often publishing failed
}

func watch(b relay.Broker, marks ...int) *watchedBroker {
	w := &watchedBroker{Broker: b, marks: marks, stored: map[string]bool{}}
	for range marks {
		w.reached = append(w.reached, make(chan struct{}))
	}
	return w
}

// Publish implements relay.Broker: one message at a time, to see each.
func (w *watchedBroker) Publish(ctx context.Context, messages []relay.Message) error {
	for i, m := range messages {
		err := w.Broker.Publish(ctx, messages[i:i+1])
		w.note(m.Event.EventID, err)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *watchedBroker) note(id string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.failed++
		return
	}
	if w.stored[id] {
		return
	}
	w.stored[id] = true
	for i, mark := range w.marks {
		if len(w.stored) == mark {
			close(w.reached[i])
		}
	}
}

// watchWire counts what passes a node on the subjects of events, stored or not;
// again are the messages whose id has passed before.
func watchWire(t *testing.T, n *node) (counts func() (seen, again int)) {
	t.Helper()
	conn, err := natsgo.Connect(n.url(""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	var mu sync.Mutex
	ids := map[string]bool{}
	seen, again := 0, 0
	if _, err := conn.Subscribe("dossier.events.>", func(m *natsgo.Msg) {
		mu.Lock()
		defer mu.Unlock()
		id := m.Header.Get(natsgo.MsgIdHdr)
		if seen++; ids[id] {
			again++
		}
		ids[id] = true
	}); err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return seen, again
	}
}
