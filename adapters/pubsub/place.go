package pubsub

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync"

	"dossier/application/consumer"
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
	position int64  // of the group
	history  string // in which it is, as a [consumer.Grant] says
	consumed int64  // up to which all was acknowledged; what is not moved yet a crash repeats
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

// stored returns the position that the group is known to have, and its history.
func (p *place) stored() (position int64, history string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position, p.history
}

// claimed says that the group is held, at the position of the grant.
func (p *place) claimed(grant consumer.Grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.position, p.consumed, p.history = true, grant.Position, grant.Position, grant.History
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
	return consumer.Move{ID: p.id, Holder: p.holder, From: p.position, To: max(to, p.consumed), History: p.history}, p.held
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
