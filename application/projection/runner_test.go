package projection_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
)

// book is a log and a store in memory, as far as a runner needs them.
type book struct {
	eventlog.Broadcast
	mu         sync.Mutex
	head       int64
	checkpoint int64
	faults     []error // of the next steps
	folded     []int64 // positions, in the order of committed steps
	reads      int
}

func (b *book) grow(n int64) {
	b.mu.Lock()
	b.head += n
	b.mu.Unlock()
	b.Notify()
}

func (b *book) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	var page []eventlog.Recorded
	for p := after + 1; p <= b.head && len(page) < limit; p++ {
		page = append(page, eventlog.Recorded{Position: p})
	}
	return page, nil
}

func (b *book) readsSoFar() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reads
}

func (b *book) Prepare(context.Context, string, string) error { return nil }

func (b *book) Checkpoint(context.Context, string) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.checkpoint, nil
}

func (b *book) Step(ctx context.Context, s projection.Step, fn func(context.Context, projection.Tx) error) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.faults) > 0 {
		err := b.faults[0]
		b.faults = b.faults[1:]
		return false, err
	}
	if b.checkpoint != s.From {
		return false, nil
	}
	if err := fn(ctx, nil); err != nil {
		return false, err
	}
	b.checkpoint = s.To
	return true, nil
}

// recorder is a projection that remembers what it folded.
type recorder struct{ *book }

func (recorder) Name() string    { return "recorder" }
func (recorder) Version() string { return "1" }

func (r recorder) Fold(_ context.Context, _ projection.Tx, events []eventlog.Recorded) error {
	for _, e := range events {
		r.folded = append(r.folded, e.Position)
	}
	return nil
}

type noMeter struct{}

func (noMeter) ProjectionStep(string, int, int64, time.Duration) {}

func runnerOf(b *book) *projection.Runner {
	return &projection.Runner{
		Projection: recorder{b}, Log: b, Grown: b, Store: b, Advanced: &eventlog.Broadcast{},
		Meter: noMeter{}, Logger: slog.New(slog.DiscardHandler),
	}
}

func upTo(n int64) (positions []int64) {
	for p := int64(1); p <= n; p++ {
		positions = append(positions, p)
	}
	return positions
}

func TestEveryEventIsFoldedOnceInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{head: 12_000} // more than two pages
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- runnerOf(b).Run(ctx) }()
		synctest.Wait()
		b.grow(3)
		synctest.Wait()
		stop()
		if err := <-done; err != nil {
			t.Errorf("the runner ended with %v", err)
		}
		if !slices.Equal(b.folded, upTo(12_003)) {
			t.Errorf("folded %d events, wanted 12003 in order", len(b.folded))
		}
	})
}

func TestAnIdleRunnerIsWokenAndDoesNotPollMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = runnerOf(b).Run(ctx) }()
		synctest.Wait()
		b.grow(1)
		synctest.Wait() // which lets no time pass
		if at, _ := b.Checkpoint(ctx, ""); at != 1 {
			t.Errorf("checkpoint %d, wanted 1 at once", at)
		}
		before, reads := time.Now(), b.readsSoFar()
		<-time.After(time.Minute) // of the bubble's clock
		if n := b.readsSoFar() - reads; n > 61 {
			t.Errorf("an idle runner read %d times in %s", n, time.Since(before))
		}
	})
}

func TestAMissedWakeUpIsMadeGoodByThePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go func() { _ = runnerOf(b).Run(ctx) }()
		synctest.Wait()
		b.mu.Lock()
		b.head = 5 // without a signal, as when another process appends to SQLite
		b.mu.Unlock()
		<-time.After(2 * time.Second) // of the bubble's clock
		synctest.Wait()
		if at, _ := b.Checkpoint(ctx, ""); at != 5 {
			t.Errorf("checkpoint %d, wanted 5", at)
		}
	})
}

func TestAFaultIsRetriedAndNothingIsFoldedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{head: 4, faults: []error{errors.New("the database is away"), errors.New("still")}}
		r := runnerOf(b)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		advanced := r.Advanced.Changed()
		go func() { _ = r.Run(ctx) }()
		<-advanced
		synctest.Wait()
		if !slices.Equal(b.folded, upTo(4)) {
			t.Errorf("folded %v, wanted 1 to 4", b.folded)
		}
	})
}

func TestASupersededRunnerStops(t *testing.T) {
	b := &book{head: 1, faults: []error{projection.ErrSuperseded}}
	err := runnerOf(b).Run(t.Context())
	if !errors.Is(err, projection.ErrSuperseded) {
		t.Errorf("ended with %v, wanted ErrSuperseded", err)
	}
	if len(b.folded) > 0 {
		t.Error("it folded nevertheless")
	}
}
