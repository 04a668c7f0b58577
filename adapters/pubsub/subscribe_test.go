package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/pubsub"
	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
)

func TestAGroupStartsWhereItIsTold(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		says(t, store, numbered(3)...)
		for name, c := range map[string]struct {
			start consumer.Start
			first int
		}{
			"beginning": {consumer.Beginning(), 1},
			"after-2":   {consumer.After(2), 3},
			"end":       {consumer.End(), 4},
		} {
			in := subscribeTo(t, open(t, databaseURL, pubsub.Config{Group: name, Start: c.start}))
			defer func() { expect(t, in, c.first, 4) }()
		}
		says(t, store, "the fourth")
	})
}

// A group that exists goes on where it was, whatever start is given.
func TestAGroupGoesOnWhereItWas(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(5)...)
		first := open(t, databaseURL, pubsub.Config{})
		expect(t, subscribeTo(t, first), 1, 2)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		expect(t, subscribeTo(t, open(t, databaseURL, pubsub.Config{Start: consumer.After(4)})), 3, 5)
	})
}

// A move that is under way when the subscriber is closed is brought to its end:
// what was done with half of it would not be known.
func TestWhatWasAcknowledgedBeforeAnEndDoesNotComeAgain(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		const rounds, each = 40, 3
		says(t, server(t, databaseURL), numbered(rounds*each)...)
		for i := range rounds {
			s := open(t, databaseURL, pubsub.Config{})
			expect(t, subscribeTo(t, s), i*each+1, (i+1)*each)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestMessagesComeInOrderWhileOthersAppend(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		const writers, each = 8, 40
		one, other := server(t, databaseURL), server(t, databaseURL)
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{}))
		var appending sync.WaitGroup
		for w := range writers {
			appending.Go(func() {
				store := one
				if w%2 == 1 {
					store = other
				}
				for i := range each {
					if _, err := store.Append(context.Background(), request(fmt.Sprint("session-", w), fmt.Sprint(i))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		expect(t, in, 1, writers*each)
		appending.Wait()
	})
}

// The race that every event store gets wrong once: an append is frozen before
// its commit, while another process appends and a subscriber reads.
func TestNothingIsMissedBehindAFrozenAppend(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		frozen, thaw := make(chan struct{}), make(chan struct{})
		var once sync.Once
		first := serverWith(t, databaseURL, sqlstore.Probe{BeforeCommit: func() {
			once.Do(func() {
				close(frozen)
				<-thaw
			})
		}})
		second := server(t, databaseURL)
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{}))
		var appending sync.WaitGroup
		appending.Go(func() { says(t, first, "frozen") })
		<-frozen
		appending.Go(func() { says(t, second, "later") })
		none(t, in)
		close(thaw)
		expect(t, in, 1, 2)
		appending.Wait()
	})
}

// Only wake-ups wake this subscriber: those of other processes.
func TestAnAppendOfAnotherProcessWakes(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{}.WithoutPolls()))
		// Until it listens, it may miss some.
		arrived := make(chan struct{})
		var appending sync.WaitGroup
		appending.Go(func() {
			for i := 1; ; i++ {
				says(t, store, fmt.Sprint("early ", i))
				select {
				case <-arrived:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		})
		msg := next(t, in)
		close(arrived)
		appending.Wait()
		msg.Ack()
		head, err := store.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expect(t, in, 2, int(head))
		for i := range 5 {
			says(t, store, "now")
			expect(t, in, int(head)+1+i, int(head)+1+i)
		}
	})
}

// A handler that never ends, within its transaction where others may write
// beside it.
func TestASlowGroupDelaysNoOther(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		store := server(t, databaseURL)
		says(t, store, numbered(3)...)
		accounts := newAccounts(t, databaseURL)
		slow := next(t, subscribeTo(t, open(t, databaseURL, pubsub.Config{Group: "slow", AckDeadline: -1, CloseTimeout: time.Millisecond})))
		if !strings.HasPrefix(databaseURL, "sqlite:") {
			openAccount(t, slow)
		}
		quick := subscribeTo(t, open(t, databaseURL, pubsub.Config{Group: "quick"}))
		expect(t, quick, 1, 3)
		for i := 4; i <= 60; i++ {
			says(t, store, fmt.Sprint(i))
			expect(t, quick, i, i)
		}
		accounts.expect(t)
	})
}

func TestClosingLetsAMessageInHandBeFinished(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		for i, end := range []func(*pubsub.Subscriber, context.CancelFunc){
			func(s *pubsub.Subscriber, _ context.CancelFunc) { s.Close() },
			func(_ *pubsub.Subscriber, cancel context.CancelFunc) { cancel() },
		} {
			s := open(t, databaseURL, pubsub.Config{CloseTimeout: patience})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			in, err := s.Subscribe(ctx, pubsub.Topic)
			if err != nil {
				t.Fatal(err)
			}
			msg := next(t, in)
			if got, want := position(t, msg), fmt.Sprint(i+1); got != want {
				t.Errorf("got the message %s, want %s", got, want)
			}
			ended := make(chan struct{})
			go func() {
				end(s, cancel)
				close(ended)
			}()
			none(t, in)
			if err := msg.Context().Err(); err != nil {
				t.Errorf("the context of the message in hand: %v", err)
			}
			msg.Ack()
			<-ended
			if msg, open := <-in; open {
				t.Errorf("the message %s came after the end", position(t, msg))
			}
		}
		expect(t, subscribeTo(t, open(t, databaseURL, pubsub.Config{})), 3, 3)
	})
}

func TestAMessageThatIsNotFinishedInTimeComesAgain(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(3)...)
		// Longer than a busy machine takes for a message, or the first would be late, too.
		in := subscribeTo(t, open(t, databaseURL, pubsub.Config{AckDeadline: 3 * time.Second}))
		expect(t, in, 1, 1)
		msg := next(t, in)
		<-msg.Context().Done()
		msg.Ack() // too late
		expect(t, in, 2, 3)
	})
}

func TestFaultsOfOpening(t *testing.T) {
	const secret = "s3cret"
	missing := filepath.Join(t.TempDir(), "missing.db")
	for name, c := range map[string]struct {
		databaseURL, group string
		want               error
	}{
		"no group":           {"sqlite:" + missing, "", consumer.ErrName},
		"an odd group":       {"sqlite:" + missing, "Upper", consumer.ErrName},
		"a missing file":     {"sqlite:" + missing, "g", fs.ErrNotExist},
		"no path":            {"sqlite:", "g", pubsub.ErrURL},
		"another database":   {"mysql://u:" + secret + "@h/d", "g", pubsub.ErrURL},
		"no URL":             {"postgres://u:" + secret + "@h:port/d", "g", pubsub.ErrURL},
		"no schema (SQLite)": {"sqlite:" + empty(t), "g", sqlstore.ErrNotMigrated},
	} {
		_, err := pubsub.Open(t.Context(), c.databaseURL, pubsub.Config{Group: c.group})
		if !errors.Is(err, c.want) || strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if c.group != "g" {
			continue
		}
		if _, err := pubsub.OpenPublisher(t.Context(), c.databaseURL, nil); !errors.Is(err, c.want) {
			t.Errorf("%s, publishing: %v, want %v", name, err, c.want)
		}
	}
}

func TestASchemaThatIsMissingOnPostgreSQL(t *testing.T) {
	if _, err := pubsub.Open(t.Context(), pgtest.New(t), pubsub.Config{Group: "g"}); !errors.Is(err, sqlstore.ErrNotMigrated) {
		t.Errorf("got %v, want %v", err, sqlstore.ErrNotMigrated)
	}
}

// empty makes a database without a schema.
func empty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty.db")
	if _, err := raw(t, "sqlite:"+path).Exec(`CREATE TABLE other (x)`); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFaultsOfSubscribing(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(2)...)
		s := open(t, databaseURL, pubsub.Config{Start: consumer.After(3)})
		for topic, want := range map[string]error{
			pubsub.Topic:            consumer.ErrBeyondHead,
			"unknown":               sqlstore.ErrUnknownTopic,
			`a"b`:                   sqlstore.ErrTopic,
			"":                      sqlstore.ErrTopic,
			strings.Repeat("x", 58): sqlstore.ErrTopic,
		} {
			if _, err := s.Subscribe(t.Context(), topic); !errors.Is(err, want) {
				t.Errorf("topic %q: %v, want %v", topic, err, want)
			}
		}
		if err := s.SubscribeInitialize(`a"b`); !errors.Is(err, sqlstore.ErrTopic) {
			t.Error(err)
		}
		if err := s.SubscribeInitialize(pubsub.Topic); err != nil {
			t.Error(err)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if _, err := s.Subscribe(t.Context(), pubsub.Topic); !errors.Is(err, pubsub.ErrClosed) {
			t.Errorf("a closed subscriber: %v", err)
		}
	})
}

// A log that was restored from a backup is shorter than the group remembers.
func TestAGroupBeyondTheHead(t *testing.T) {
	onEach(t, func(t *testing.T, databaseURL string) {
		says(t, server(t, databaseURL), numbered(2)...)
		s := open(t, databaseURL, pubsub.Config{})
		expect(t, subscribeTo(t, s), 1, 2)
		s.Close()
		if _, err := raw(t, databaseURL).Exec(`UPDATE consumer_groups SET position = 7`); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, databaseURL, pubsub.Config{}).Subscribe(t.Context(), pubsub.Topic); !errors.Is(err, consumer.ErrBeyondHead) {
			t.Errorf("got %v, want %v", err, consumer.ErrBeyondHead)
		}
	})
}
