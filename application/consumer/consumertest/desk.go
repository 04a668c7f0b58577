// Package consumertest is what tests of those who follow the log as a consumer
// group have in common: where places are kept, and what was logged.
package consumertest

import (
	"context"
	"sync"
	"time"

	"dossier/application/consumer"
)

// Desk keeps the place of one group in memory. It implements [consumer.Holds].
type Desk struct {
	head func() int64 // of the topic

	mu         sync.Mutex
	position   int64 // -1: the group does not exist
	generation int64
	holder     string
	until      time.Time
	moves      int
}

// NewDesk returns a desk without a group, for a topic with a head.
func NewDesk(head func() int64) *Desk { return &Desk{head: head, position: -1} }

// Claim implements [consumer.Holds].
func (d *Desk) Claim(_ context.Context, c consumer.Claim) (consumer.Grant, error) {
	head := d.head()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.position < 0 {
		at, err := c.Start.At(head)
		if err != nil {
			return consumer.Grant{}, err
		}
		d.position, d.generation = at, time.Now().UnixMicro()
	}
	switch {
	case d.holder != c.Holder && d.until.After(time.Now()):
		return consumer.Grant{}, consumer.ErrHeld
	case d.position > head:
		return consumer.Grant{}, consumer.ErrBeyondHead
	}
	d.holder, d.until = c.Holder, time.Now().Add(c.Lease)
	return consumer.Grant{Position: d.position, Generation: d.generation}, nil
}

// Move implements [consumer.Holds].
func (d *Desk) Move(_ context.Context, m consumer.Move) error { return d.MoveWith(m, func() {}) }

// MoveWith is Move, and calls with if the group was moved, before anyone else
// sees that.
func (d *Desk) MoveWith(m consumer.Move, with func()) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.moves++
	if m.Holder != d.holder || m.From != d.position {
		return consumer.ErrLost
	}
	d.position = m.To
	with()
	return nil
}

// Release implements [consumer.Holds].
func (d *Desk) Release(_ context.Context, _ consumer.ID, holder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if holder == d.holder {
		d.holder, d.until = "", time.Time{}
	}
	return nil
}

// At returns the group's position; -1 if it does not exist.
func (d *Desk) At() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.position
}

// Moves returns how often it was asked to move the group.
func (d *Desk) Moves() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.moves
}

// Put moves the group past its holder, as a person or a restored backup would.
func (d *Desk) Put(position int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if position < d.position {
		d.generation++
	}
	d.position = position
}
