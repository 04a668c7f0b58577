package pubsub

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// errLost ends a batch whose group has another holder now.
var errLost = fmt.Errorf("the batch comes again: %w", consumer.ErrLost)

// place is where a subscription's group stands, as far as the subscription
// knows.
type place struct {
	id     consumer.ID
	holder string
	// moving is held by whoever moves the group, for as long as a transaction that
	// will is open.
	moving chan struct{}
	dirty  chan struct{} // holds one: something was consumed since the last move

	mu       sync.Mutex
	held     bool
	position int64 // of the group
	consumed int64 // up to which all was acknowledged; what is not moved yet a crash repeats
}

func newPlace(id consumer.ID) place {
	return place{id: id, holder: holderName(), moving: make(chan struct{}, 1), dirty: make(chan struct{}, 1)}
}

// holderName returns a name that nobody else has, and that tells an operator
// where to look.
func holderName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text())
}

func (p *place) isHeld() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held
}

// at returns up to where all was consumed, if the group is held.
func (p *place) at() (consumed int64, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.consumed, p.held
}

// claimed says that the group is held, at a position.
func (p *place) claimed(position int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.position, p.consumed = true, position, position
}

// forget says that the group must be claimed before anything else.
func (p *place) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
}

// consume says that messages were acknowledged up to a position, and lets the
// group be moved soon; ok is false if the group is not held.
func (p *place) consume(to int64) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.held {
		return false
	}
	p.consumed = max(p.consumed, to)
	select {
	case p.dirty <- struct{}{}:
	default:
	}
	return true
}

// moveTo returns the move to a position, or to what was consumed if that is
// further; ok is false if the group is not held.
func (p *place) moveTo(to int64) (m consumer.Move, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return consumer.Move{ID: p.id, Holder: p.holder, From: p.position, To: max(to, p.consumed)}, p.held
}

// moved says that the group was moved.
func (p *place) moved(to int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.position, p.consumed = to, max(to, p.consumed)
}

// lock waits until nobody else moves the group.
func (p *place) lock(ctx context.Context) error {
	select {
	case p.moving <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *place) unlock() { <-p.moving }

// How often a group is moved at most: the messages need not wait for it, which
// may take long where others write, and a crash repeats no more than this time's.
const (
	moveInterval = 100 * time.Millisecond
	moveRetry    = time.Second
)

// keep moves the group behind what is consumed without a transaction.
func (s *subscription) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.place.dirty:
		}
		rest := moveInterval
		if err := s.flush(ctx); err != nil && ctx.Err() == nil {
			s.logger.Error("could not move the group", err, nil)
			rest = moveRetry
			s.place.consume(0) // again
		}
		eventlog.Wait(ctx, nil, rest)
	}
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
	position, err := s.store.Claim(ctx, s.claimOf())
	if err != nil {
		return err
	}
	s.place.claimed(position)
	s.owner.listen()
	return nil
}

func (s *subscription) claimOf() consumer.Claim {
	return consumer.Claim{ID: s.place.id, Holder: s.place.holder, Until: s.config.now().Add(s.config.Lease), Start: s.config.Start}
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
		_, err := s.store.Claim(ctx, s.claimOf())
		if errors.Is(err, consumer.ErrHeld) || errors.Is(err, consumer.ErrBeyondHead) {
			s.place.forget()
		}
		if err != nil && ctx.Err() == nil {
			s.logger.Error("could not renew the claim of the group", err, nil)
		}
	}
}

// release moves the group to what was consumed, and lets others have it.
func (s *subscription) release() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), settleTimeout)
	defer cancel()
	if err := s.flush(ctx); err != nil {
		s.logger.Error("could not move the group: its last messages come again", err, nil)
	}
	if err := s.store.Release(ctx, s.place.id, s.place.holder); err != nil {
		s.logger.Error("could not release the group, which others get when the claim runs out", err, nil)
	}
}
