package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/goleak"
)

// Env is what a case works with: a database, and the stores that it opens on
// it.
type Env struct {
	backend Backend
	db      Database
	opened  []*running
	before  goleak.Option // the goroutines that were there already
}

func newEnv(b Backend, db Database) *Env {
	return &Env{backend: b, db: db, before: goleak.IgnoreCurrent()}
}

// running is an open store whose Run runs, until it is stopped.
type running struct {
	Store
	gate  gate
	stop  context.CancelFunc
	ended chan struct{} // closed when Run has returned
	err   error         // of Run, once it has ended

	closed bool
}

// open opens a store and runs it in the background.
func (e *Env) open(ctx context.Context) (*running, error) {
	return e.openAt(ctx, nil)
}

// openAt is open with a clock.
func (e *Env) openAt(ctx context.Context, now func() time.Time) (*running, error) {
	s := &running{ended: make(chan struct{})}
	var err error
	s.Store, err = e.db.Open(ctx, Options{BeforeCommit: s.gate.pass, Now: now})
	if err != nil {
		return nil, fmt.Errorf("open a store: %w", err)
	}
	// The store outlives the case's deadline, so that it can still be stopped.
	var background context.Context
	background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer close(s.ended)
		s.err = s.Run(background)
	}()
	e.opened = append(e.opened, s)
	return s, nil
}

// fleet opens n stores.
func (e *Env) fleet(ctx context.Context, n int) ([]*running, error) {
	stores := make([]*running, n)
	for i := range stores {
		var err error
		if stores[i], err = e.open(ctx); err != nil {
			return nil, err
		}
	}
	return stores, nil
}

// shut ends Run, waits for it, and closes the store.
func (s *running) shut() error {
	s.gate.open()
	s.stop()
	<-s.ended
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.err, s.Close())
}

// close stops and closes all stores and looks for what they left behind.
func (e *Env) close(ctx context.Context) error {
	var errs []error
	for _, s := range e.opened {
		errs = append(errs, s.shut())
	}
	errs = append(errs, e.leaks(ctx))
	return errors.Join(errs...)
}

// leaks returns an error if goroutines stay. Some end a moment after Close has
// returned: goleak looks again for half a second, and a busy machine may need
// more than one of these.
func (e *Env) leaks(ctx context.Context) error {
	for tries := 20; ; tries-- {
		err := goleak.Find(e.before)
		if err == nil {
			return nil
		}
		if tries == 0 || ctx.Err() != nil {
			return fmt.Errorf("goroutines stay after Close: %w", err)
		}
	}
}
