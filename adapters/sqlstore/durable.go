package sqlstore

import (
	"context"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// setupWait is how long a write of an installation's own waits for a standby
// before it says so. It then waits on.
const setupWait = 3 * time.Second

// execSetup writes one statement durably and returns how many rows it touched.
// The statement must be one that may be carried out twice: while a standby is
// missing that must have it, it waits until ctx ends and then asks again.
func (s *Store) execSetup(ctx context.Context, statement string, args ...any) (n int64, err error) {
	return s.insist(ctx, func(ctx context.Context) (int64, error) { return s.execDurable(ctx, statement, args...) })
}

// insist runs a durable write, of which more than one does no harm, until its
// outcome is confirmed, the database refuses it, or ctx ends.
func (s *Store) insist(ctx context.Context, write func(context.Context) (int64, error)) (n int64, err error) {
	lost := false
	for limit := setupWait; ; limit = min(2*limit, batchTimeout) {
		began := time.Now()
		n, err = s.bounded(ctx, limit, write)
		class := s.dialect.Classify(err)
		switch {
		case err == nil:
			return n, nil
		case class == Unreplicated:
			if err := s.waitForStandby(ctx); err != nil {
				return 0, err
			}
		case ctx.Err() != nil:
			return 0, err
		case s.dialect.Confirm != "" && time.Since(began) >= limit: // it waited for another writer
		case class == Unavailable && !lost:
			lost = true // with its answer: the statement may have been carried out
		default:
			return 0, err
		}
	}
}

// bounded runs a write that ends before the connection is given up: the server
// would keep waiting for the standby, for nobody.
func (s *Store) bounded(ctx context.Context, limit time.Duration, write func(context.Context) (int64, error)) (int64, error) {
	if s.dialect.Confirm != "" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	return write(ctx)
}

// execDurable writes one statement durably, once, and returns how many rows it
// touched.
func (s *Store) execDurable(ctx context.Context, statement string, args ...any) (int64, error) {
	if err := s.writing.acquire(ctx); err != nil {
		return 0, err
	}
	defer s.writing.release()
	result, err := s.pools.Log.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	if err := s.intact(); err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// carryOut writes durably, once, what a person decided, and returns how many rows
// it touched. The error of class Unreplicated means that it is done and may be
// undone by a failover. That there was nothing to do is not said before a standby
// has what is seen: an attempt before this one may have done it.
func (s *Store) carryOut(ctx context.Context, statement string, args ...any) (int64, error) {
	n, err := s.bounded(ctx, confirmWait, func(ctx context.Context) (int64, error) {
		return s.execDurable(ctx, statement, args...)
	})
	if err != nil || n > 0 {
		return n, err
	}
	return 0, s.confirmCommitted(ctx)
}

// confirmCommitted returns nil when all that was committed before is where it must be.
func (s *Store) confirmCommitted(ctx context.Context) error {
	if s.dialect.Confirm == "" {
		return nil
	}
	_, err := s.confirmVisible(ctx, true)
	return err
}

// waitForStandby returns when what is committed is on the standbys that must have
// it, and says what it waits for.
func (s *Store) waitForStandby(ctx context.Context) error {
	for {
		s.waiting.Do(func() {
			var names string
			_ = s.pools.Reads.QueryRowContext(ctx, s.dialect.Standbys).Scan(&names) // the line is worth more than the names
			s.logger.Warn("waiting for a synchronous standby, which must confirm what is written",
				"synchronous_standby_names", names)
		})
		_, err := s.confirmVisible(ctx, true)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", eventlog.ErrNotReplicated, ctx.Err())
		case s.dialect.Classify(err) != Unreplicated:
			return err
		}
	}
}

// settled makes sure of what an earlier start has stored: it may have been
// stopped while it waited for a standby. An event that is confirmed shows that
// what came before is.
func (s *Store) settled(ctx context.Context) error {
	if s.dialect.Confirm == "" {
		return nil
	}
	if _, err := s.visible(ctx); err != nil || s.confirmed.at() > 0 {
		return err
	}
	_, err := s.insist(ctx, func(ctx context.Context) (int64, error) { return s.confirmVisible(ctx, true) })
	return err
}
