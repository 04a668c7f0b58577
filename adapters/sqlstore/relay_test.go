package sqlstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// listener is a receiver that remembers in which order it accepted what.
type listener struct {
	mu       sync.Mutex
	refuses  map[int64]bool
	accepted []int64
	changed  eventlog.Broadcast
}

func (l *listener) Deliver(_ context.Context, m relay.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses[m.Event.Position] {
		return &relay.Failure{Status: 500}
	}
	l.accepted = append(l.accepted, m.Event.Position)
	l.changed.Notify()
	return nil
}

func (l *listener) accept() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuses = nil
}

// await returns what was accepted once it is so much.
func (l *listener) await(t *testing.T, n int) []int64 {
	t.Helper()
	for {
		changed := l.changed.Changed()
		l.mu.Lock()
		accepted := slices.Clone(l.accepted)
		l.mu.Unlock()
		if len(accepted) >= n {
			return accepted
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		case <-time.After(time.Minute):
			t.Fatalf("accepted are %v, wanted %d", accepted, n)
		}
	}
}

type bare struct{}

func (bare) Message(e eventlog.Recorded) (relay.Message, error) { return relay.Message{Event: e}, nil }

func (bare) Relayed(string, relay.Outcome, int) {}

func relayOf(s *sqlstore.Store, holder string, to relay.Receiver) *relay.ToReceiver {
	return &relay.ToReceiver{
		Feed: relay.Feed{
			Name: "crm", Log: s, Grown: s, Groups: s.Groups(), Envelope: bare{}, Holder: holder, Meter: bare{},
			Logger: slog.New(slog.DiscardHandler),
		},
		Receiver: to, Deferred: s.Deferrals(), Waits: []time.Duration{time.Millisecond},
	}
}

// A relay works on a store while it is written to, parks what is never accepted,
// and another one, which takes its place, delivers that when it is replayed.
func TestARelayGoesOnWhereAnotherEnded(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		to := &listener{refuses: map[int64]bool{3: true}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- relayOf(s, "one", to).Run(ctx) }()
		for i := range 40 {
			if _, err := s.Append(t.Context(), request(fmt.Sprint("s", i%8), "x")); err != nil {
				t.Fatal(err)
			}
		}
		to.await(t, 35) // all but the five of one session
		for len(parked(t, s)) == 0 {
			eventlog.Wait(t.Context(), nil, 10*time.Millisecond)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if all := parked(t, s); all[0].Position != 3 || all[0].Attempts != 2 || all[0].Reason != "answered 500" {
			t.Errorf("parked are %+v, wanted 3 after two attempts", all)
		}
		to.accept()
		if n, err := s.Deferrals().ReplayAll(t.Context(), "crm"); n != 1 || err != nil {
			t.Errorf("%d were replayed, %v", n, err)
		}
		ctx, stop = context.WithCancel(t.Context())
		go func() { ended <- relayOf(s, "two", to).Run(ctx) }()
		all := to.await(t, 40)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if last := all[35:]; !slices.Equal(last, []int64{3, 11, 19, 27, 35}) {
			t.Errorf("last came %v, wanted the session of 3 in order", last)
		}
		slices.Sort(all)
		if len(slices.Compact(all)) != 40 {
			t.Errorf("%d events were delivered, some twice", len(all))
		}
	})
}

func parked(t *testing.T, s *sqlstore.Store) []relay.Deferred {
	t.Helper()
	all, err := s.Deferrals().Parked(t.Context(), "crm", 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
