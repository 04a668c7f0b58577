package relay_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/relay"
)

// labels is a broker that keeps from where its messages came.
type labels struct {
	mu  sync.Mutex
	all map[int64][]int64 // generations by position
	of  map[string]bool   // relays
}

func (l *labels) Publish(_ context.Context, messages []relay.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		l.all[m.Event.Position] = append(l.all[m.Event.Position], m.Generation)
		l.of[m.Relay] = true
	}
	return nil
}

// A message tells its relay, and the generation of the place that it was sent
// from: one through restarts, another after a person has moved the place back.
func TestMessagesTellRelayAndGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, to := newWorld(nil), &labels{all: map[int64][]int64{}, of: map[string]bool{}}
		run := func(sessions ...string) {
			r := w.toBroker("a")
			r.Connect = reached(to)
			stop := start(t, r.Run)
			w.log.add(sessions...)
			after(3 * time.Second)
			if err := stop(); err != nil {
				t.Fatal(err)
			}
		}
		run("s", "t")
		run("s")
		w.desk.Put(1)
		run("u")
		g := to.all[1][0]
		if g == 0 || to.all[2][0] != g || to.all[3][0] != g {
			t.Errorf("the generations are %v, wanted one before the place was moved", to.all)
		}
		if len(to.all[2]) != 2 || to.all[2][1] <= g || to.all[3][1] != to.all[2][1] || to.all[4][0] != to.all[2][1] {
			t.Errorf("the generations are %v, wanted a higher one after the place was moved", to.all)
		}
		if len(to.of) != 1 || !to.of[w.toBroker("a").Name] {
			t.Errorf("the messages are of the relays %v", to.of)
		}
	})
}

func TestRepeatedMessagesAreTold(t *testing.T) {
	w := newWorld(nil)
	r := w.toBroker("a")
	r.Repeated(relay.Message{})
	if n := w.lines.Count("published again"); n != 1 {
		t.Errorf("it was logged %d times, wanted once", n)
	}
}
