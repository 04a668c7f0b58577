package sqlstore

import (
	"context"
	"time"

	"dossier/application/eventlog"
)

// wakeRetry is how long the wake-up waits after a fault. Readers poll
// meanwhile.
const wakeRetry = time.Second

// announceGrowth tells other processes that the log has grown, outside of the
// transactions that let it grow: a notification inside of one takes a lock over
// the whole database at its commit. Growth during an announcement is announced
// once.
func (s *Store) announceGrowth(ctx context.Context) {
	for {
		select {
		case <-s.announce:
		case <-ctx.Done():
			return
		}
		if err := s.dialect.Wake.Announce(ctx); err != nil && ctx.Err() == nil {
			s.logger.Debug("announce growth of the log", "error", err)
			eventlog.Pause(ctx, wakeRetry)
		}
	}
}

// Follow wakes the readers of a store that is not run, when another process lets
// the log grow. It returns when ctx ends, or at once where processes can't wake
// each other.
func (s *Store) Follow(ctx context.Context) {
	if s.dialect.Wake != nil {
		s.listen(ctx)
	}
}

// listen wakes the readers of this process when another one lets the log grow.
func (s *Store) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.dialect.Wake.Listen(ctx, s.grown.Notify); err != nil && ctx.Err() == nil {
			s.logger.Debug("listen for growth of the log", "error", err)
			eventlog.Pause(ctx, wakeRetry)
		}
	}
}
