package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// lockPatience is how long the log's lock is waited for before somebody asks
	// who holds it: much longer than a batch takes.
	lockPatience = 2 * time.Second
	// holderLimit bounds that question.
	holderLimit = 2 * time.Second
)

// lockLog takes the log's lock. If that takes long, the log says who holds it, and
// so does the error of a wait that has ended.
func (s *Store) lockLog(ctx context.Context, w *writer) error {
	wait := s.watchLock(ctx)
	err := w.lock(ctx)
	holder := wait.end()
	switch {
	case err == nil && holder != "":
		s.logger.Info("the log's lock is free again", "held_by", holder)
		return nil
	case err == nil:
		return nil
	case holder != "":
		return fmt.Errorf("lock the log, held by %s: %w", holder, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("lock the log, held by an unknown session: %w", err)
	default:
		return fmt.Errorf("lock the log: %w", err)
	}
}

// lockWait is a wait for the log's lock.
type lockWait struct {
	timer *time.Timer
	stop  context.CancelFunc
	asked sync.WaitGroup

	mu     sync.Mutex
	ended  bool
	holder string
}

// watchLock asks who holds the log's lock if the wait for it lasts.
func (s *Store) watchLock(ctx context.Context) *lockWait {
	ctx, stop := context.WithTimeout(ctx, lockPatience+holderLimit)
	w := &lockWait{stop: stop}
	if s.dialect.LockHolder == "" {
		return w
	}
	w.timer = time.AfterFunc(lockPatience, func() {
		w.mu.Lock()
		if w.ended {
			w.mu.Unlock()
			return
		}
		w.asked.Add(1)
		w.mu.Unlock()
		defer w.asked.Done()
		s.tellHolder(ctx, w)
	})
	return w
}

func (s *Store) tellHolder(ctx context.Context, w *lockWait) {
	var holder string
	if err := s.pools.Log.QueryRowContext(ctx, s.dialect.LockHolder).Scan(&holder); err != nil {
		s.logger.Debug("ask who holds the log's lock", "error", err)
		return
	}
	s.logger.Warn("waiting for the log's lock", "held_by", holder)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holder = holder
}

// end ends the wait and returns who held the lock, if that was asked and
// answered.
func (w *lockWait) end() (holder string) {
	defer w.stop()
	if w.timer == nil || w.timer.Stop() {
		return ""
	}
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.stop()
	w.asked.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.holder
}
