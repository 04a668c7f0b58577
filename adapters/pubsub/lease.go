package pubsub

import (
	"context"
	"errors"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// How often a group is moved at most: the messages need not wait for it, which
// may take long where others write, and a crash repeats no more than this time's.
const (
	moveInterval = 100 * time.Millisecond
	moveRetry    = time.Second
)

// keep moves the group behind what is consumed without a transaction. The end of
// ctx does not cut a move off: whether it was done would not be known, and the
// last move would then begin where the group is not any more.
func (s *subscription) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.place.dirty:
		}
		rest := moveInterval
		if err := s.flushWhole(ctx); err != nil {
			s.logger.Error("could not move the group", err, nil)
			rest = moveRetry
			s.place.consume(0) // again
		}
		eventlog.Wait(ctx, nil, rest)
	}
}

// flushWhole is flush for as long as it takes, within reason.
func (s *subscription) flushWhole(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return s.flush(ctx)
}

// flush moves the group to what was consumed.
func (s *subscription) flush(ctx context.Context) error {
	if err := s.place.lock(ctx); err != nil {
		return err
	}
	defer s.place.unlock()
	move, held := s.place.moveTo(0)
	if !held || move.From == move.To {
		return nil
	}
	err := s.store.Move(ctx, move)
	if errors.Is(err, consumer.ErrLost) {
		s.place.forget()
	}
	if err == nil {
		s.place.moved(move.To)
	}
	return err
}

// claim asks for the group. It returns consumer.ErrHeld or
// consumer.ErrBeyondHead.
func (s *subscription) claim(ctx context.Context) error {
	// Nobody may move the group between the answer and what is made of it.
	if err := s.place.lock(ctx); err != nil {
		return err
	}
	defer s.place.unlock()
	grant, err := s.store.Claim(ctx, s.claimOf())
	if err != nil {
		return err
	}
	s.place.claimed(grant)
	s.owner.listen()
	return nil
}

func (s *subscription) claimOf() consumer.Claim {
	return consumer.Claim{ID: s.place.id, Holder: s.place.holder, Lease: s.config.Lease, Start: s.config.Start}
}

// renew keeps the group while the subscription lives. A claim that can't be
// renewed because the database is away is good for as long as nobody else asks:
// a move tells.
func (s *subscription) renew(ctx context.Context) {
	ticker := time.NewTicker(s.config.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !s.place.isHeld() {
			continue
		}
		position, history := s.place.stored()
		grant, err := s.store.Claim(ctx, s.claimOf())
		if err == nil {
			err = grant.Continues(position, history)
		}
		if errors.Is(err, consumer.ErrHeld) || errors.Is(err, consumer.ErrBeyondHead) || errors.Is(err, consumer.ErrLost) {
			s.place.forget()
		}
		if err != nil && ctx.Err() == nil {
			s.logger.Error("could not renew the claim of the group", err, nil)
		}
	}
}

// release moves the group to what was consumed, and lets others have it.
func (s *subscription) release() {
	if err := s.flushWhole(s.ctx); err != nil {
		s.logger.Error("could not move the group: its last messages come again", err, nil)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), settleTimeout)
	defer cancel()
	if err := s.store.Release(ctx, s.place.id, s.place.holder); err != nil {
		s.logger.Error("could not release the group, which others get when the claim runs out", err, nil)
	}
}
