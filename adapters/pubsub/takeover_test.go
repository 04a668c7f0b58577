package pubsub_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/pubsub"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
)

func TestAStandbyTakesOverFromOneThatEnds(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		first := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, first)
		standby := subscribeTo(t, open(t, databaseURL, pubsub.Config{}.Impatient()))
		expect(t, in, 1, 2)
		none(t, standby)
		first.Close()
		expect(t, standby, 3, 3)
	})
}

// groups opens the groups of a database past any subscriber.
func groups(t *testing.T, databaseURL string) *sqlstore.Consumer {
	t.Helper()
	var c *sqlstore.Consumer
	var err error
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		c, err = sqlite.OpenConsumer(t.Context(), path, time.Now)
	} else {
		c, err = postgres.OpenConsumer(t.Context(), databaseURL, time.Now)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The holder is gone without a word: nobody renews its claim.
func TestAStandbyTakesOverWhenAClaimHasRunOut(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		id := consumer.ID{Topic: pubsub.Topic, Name: "test"}
		gone := consumer.Claim{ID: id, Holder: "gone", Lease: time.Hour, Start: consumer.After(1)}
		if _, err := groups(t, databaseURL).Claim(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
		var late atomic.Int64
		clock := func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
		standby := subscribeTo(t, open(t, databaseURL, pubsub.Config{}.Impatient().WithClock(clock)))
		none(t, standby)
		late.Store(int64(61 * time.Minute))
		expect(t, standby, 2, 3)
	})
}

func TestAClaimIsRenewedWhileAHandlerWorks(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(1)...)
		const lease = 600 * time.Millisecond
		s := open(t, databaseURL, pubsub.Config{Lease: lease})
		msg := next(t, subscribeTo(t, s))
		c := groups(t, databaseURL)
		until := func() time.Time {
			all, err := c.Groups.Groups(t.Context())
			if err != nil || len(all) != 1 {
				t.Fatalf("%d groups, %v", len(all), err)
			}
			return all[0].HeldUntil
		}
		first := until()
		for deadline := time.Now().Add(patience); !until().After(first); {
			if time.Now().After(deadline) {
				t.Fatal("the claim is not renewed")
			}
		}
		msg.Ack()
	})
}

// Of many that share a group one consumes, and they relieve each other: what is
// written through transactions is written once and in order.
func TestManyOfOneGroupRelieveEachOther(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		const consumers, events = 5, 60
		says(t, server(t, databaseURL), numbered(events)...)
		accounts := newAccounts(t, databaseURL)
		var handled atomic.Int64
		var working sync.WaitGroup
		for range consumers {
			s := open(t, databaseURL, pubsub.Config{CloseTimeout: time.Millisecond}.Impatient())
			in := subscribeTo(t, s)
			working.Go(func() {
				// Each gives up after some messages, with one in hand.
				for range events/consumers + 1 {
					msg, open := <-in
					if !open {
						return
					}
					if err := tryToOpenAccount(msg); err != nil {
						t.Error(err)
					}
					handled.Add(1)
					if handled.Load()%(events/consumers) == 0 {
						break
					}
					msg.Ack()
				}
				s.Close()
			})
		}
		working.Wait()
		last := open(t, databaseURL, pubsub.Config{})
		in := subscribeTo(t, last)
		for len(accounts.opened(t)) < events {
			select {
			case msg := <-in:
				openAccount(t, msg)
				msg.Ack()
			case <-time.After(5 * time.Millisecond): // the batch is being committed
			}
		}
		accounts.expect(t, through(events)...)
	})
}
