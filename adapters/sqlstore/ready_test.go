package sqlstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"dossier/adapters/sqlstore"
)

func TestAStoreSaysWhetherItIsReady(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s, err := b.open(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx) })
		if err := errors.Join(s.Ping(t.Context()), s.Ready(t.Context())); err != nil {
			t.Errorf("an open store: %v", err)
		}
		if n := b.count(t, `SELECT count(*) FROM settings WHERE name = 'readiness_probe'`); n != 1 {
			t.Errorf("a probe wrote %d rows", n)
		}
		if n := b.count(t, `SELECT count(*) FROM events`); n != 0 {
			t.Errorf("a probe appended %d events", n)
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		if s.Ping(given) == nil {
			t.Error("a check that was given up says that all is well")
		}
		stop()
		running.Wait()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if s.Ping(t.Context()) == nil {
			t.Error("a closed store says that all is well")
		}
	})
}

// What a probe can't see, such as one broken page of a file, appends do.
func TestAStoreWhoseAppendsFailIsNotReady(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		b.exec(t, `ALTER TABLE deliveries RENAME TO removed`)
		if _, err := s.Append(t.Context(), request("a", "x")); err == nil {
			t.Fatal("an append without its table succeeded")
		}
		if s.Ready(t.Context()) == nil {
			t.Error("a store is ready though its appends fail")
		}
		b.exec(t, `ALTER TABLE removed RENAME TO deliveries`)
		if _, err := s.Append(t.Context(), request("a", "x")); err != nil {
			t.Fatal(err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("a store whose appends succeed again: %v", err)
		}
	})
}

// A store that can't get the log's lock takes no webhooks, whatever it can write.
func TestAStoreThatCannotHaveTheLockIsNotReady(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		reached, opened := make(chan struct{}), make(chan struct{})
		c := quiet()
		var first sync.Once
		c.Probe = sqlstore.Probe{BeforeCommit: func() {
			first.Do(func() {
				close(reached)
				<-opened
			})
		}}
		holder, other := b.run(t, c), b.run(t, quiet())
		var appending sync.WaitGroup
		appending.Go(func() {
			if _, err := holder.Append(context.WithoutCancel(t.Context()), request("a", "x")); err != nil {
				t.Error(err)
			}
		})
		<-reached
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if other.Ready(ctx) == nil {
			t.Error("a store is ready though another one keeps the lock")
		}
		close(opened)
		appending.Wait()
		for other.Ready(t.Context()) != nil {
			if t.Context().Err() != nil {
				t.Fatal("the store is not ready although the lock is free")
			}
		}
	})
}

func TestRevokingATokenThatIsNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		err := b.run(t, quiet()).RevokeToken(t.Context(), "none", quiet().Now())
		if !errors.Is(err, sqlstore.ErrNoSuchToken) {
			t.Errorf("got %v, want %v", err, sqlstore.ErrNoSuchToken)
		}
	})
}
