package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/storetest"
	"dossier/application/eventlog"
)

// An append whose connection ends before its commit must not be there. One of
// another process that waited for it may get the lock and then lose its own.
func TestConnectionsAreLostAtACommit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, g := newDatabase(t), newGate()
	one, two := run(t, d.url, storetest.Options{BeforeCommit: g.pass}), run(t, d.url, storetest.Options{})
	frozen, waiting := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := one.Append(ctx, request("a", "frozen"))
		frozen <- err
	}()
	<-g.reached
	go func() {
		_, err := insist(ctx, two, request("a", "waiting"))
		waiting <- err
	}()
	for blocked := false; !blocked; {
		var err error
		if blocked, err = d.Blocked(ctx); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Terminate(t, d.url)
	if err := <-waiting; err != nil {
		t.Errorf("the append that waited: %v", err)
	}
	close(g.opened)
	// It can't know whether its statement was still carried out.
	if err := <-frozen; !errors.Is(err, eventlog.ErrOutcomeUnknown) && !errors.Is(err, eventlog.ErrUnavailable) {
		t.Errorf("the append whose connection was lost: %v", err)
	}
	if got, want := says(t, two), []string{"waiting"}; !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
	for range 2 {
		if _, err := one.Append(ctx, request("a", "frozen")); err != nil {
			t.Errorf("the same delivery again: %v", err)
		}
	}
	if got, want := says(t, two), []string{"waiting", "frozen"}; !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// Writers that send again what was not answered must come through any number of
// losses, and nothing may be there twice.
func TestConnectionsAreLostWhileAppending(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := newDatabase(t)
	stores := []*running{run(t, d.url, storetest.Options{}), run(t, d.url, storetest.Options{})}
	const writers, each = 8, 25
	answered := make(chan string, writers*each)
	failures := make([]error, writers)
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			for j := range each {
				text := fmt.Sprint(i, ".", j)
				if _, err := insist(ctx, stores[i%2], request(fmt.Sprint(i%3), text)); err != nil {
					failures[i] = err
					return
				}
				answered <- text
			}
		})
	}
	go func() {
		writing.Wait()
		close(answered)
	}()
	var want []string
	for text := range answered {
		want = append(want, text)
		if len(want)%20 == 0 {
			pgtest.Terminate(t, d.url)
		}
	}
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	got := says(t, stores[0])
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the log has %d events, %d were answered", len(got), len(want))
	}
}

// A store that lost its connections must hear of the growth of the log again.
func TestWakeUpComesBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := newDatabase(t)
	writer, reader := run(t, d.url, storetest.Options{}), run(t, d.url, storetest.Options{})
	for round := range 2 {
		changed := reader.Changed()
		for n := 0; ; n++ {
			if _, err := insist(ctx, writer, request("a", fmt.Sprint(round, ".", n))); err != nil {
				t.Fatal(err)
			}
			select {
			case <-changed:
			default:
				continue
			}
			break
		}
		pgtest.Terminate(t, d.url)
	}
}

// Reads fail or succeed, but never answer a part of what was asked for.
func TestConnectionsAreLostWhileReading(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := newDatabase(t)
	writer, reader := run(t, d.url, storetest.Options{}), run(t, d.url, storetest.Options{})
	const events = 300
	for i := range events {
		if _, err := writer.Append(ctx, request("a", fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	stop, read := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				read <- nil
				return
			default:
			}
			if page, err := reader.ReadAll(ctx, 0, events); err == nil && len(page) != events {
				read <- fmt.Errorf("read %d of %d events without an error", len(page), events)
				return
			}
		}
	}()
	for range 10 {
		pgtest.Terminate(t, d.url)
	}
	close(stop)
	if err := <-read; err != nil {
		t.Error(err)
	}
	if page, err := reader.ReadAll(ctx, 0, events); err != nil || len(page) != events {
		t.Errorf("read %d of %d events, %v", len(page), events, err)
	}
}
