package relay_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// desk keeps the place of one relay and its deferred messages.
type desk struct {
	log *book

	mu       sync.Mutex
	position int64 // -1: the group does not exist
	holder   string
	until    time.Time
	deferred []relay.Deferred // by position
	writes   int              // that were no claims
	most     int              // deferred messages at any time
}

func newDesk(b *book) *desk { return &desk{log: b, position: -1} }

func (d *desk) Claim(_ context.Context, c consumer.Claim) (int64, error) {
	head := d.log.head()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.position < 0 {
		at, err := c.Start.At(head)
		if err != nil {
			return 0, err
		}
		d.position = at
	}
	switch {
	case d.holder != c.Holder && d.until.After(time.Now()):
		return 0, consumer.ErrHeld
	case d.position > head:
		return 0, consumer.ErrBeyondHead
	}
	d.holder, d.until = c.Holder, c.Until
	return d.position, nil
}

func (d *desk) Move(ctx context.Context, m consumer.Move) error { return d.Settle(ctx, m, nil) }

func (d *desk) Settle(_ context.Context, m consumer.Move, deferred []relay.Deferred) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if m.Holder != d.holder || m.From != d.position {
		return consumer.ErrLost
	}
	d.position = m.To
	for _, n := range deferred {
		if _, found := d.find(n.Position); !found {
			d.deferred = append(d.deferred, n)
		}
	}
	slices.SortFunc(d.deferred, func(a, b relay.Deferred) int { return int(a.Position - b.Position) })
	d.most = max(d.most, len(d.deferred))
	return nil
}

func (d *desk) Release(_ context.Context, _ consumer.ID, holder string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if holder == d.holder {
		d.holder, d.until = "", time.Time{}
	}
	return nil
}

// find expects the lock to be held.
func (d *desk) find(position int64) (i int, found bool) {
	i = slices.IndexFunc(d.deferred, func(m relay.Deferred) bool { return m.Position == position })
	return i, i >= 0
}

// first expects the lock to be held.
func (d *desk) first(s eventlog.Stream) (relay.Deferred, bool) {
	for _, m := range d.deferred {
		if m.Stream == s {
			return m, true
		}
	}
	return relay.Deferred{}, false
}

func (d *desk) Blocked(_ context.Context, _ string, streams []eventlog.Stream) (blocked []eventlog.Stream, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range streams {
		if _, found := d.first(s); found {
			blocked = append(blocked, s)
		}
	}
	return blocked, nil
}

func (d *desk) Due(_ context.Context, _ string, now time.Time, limit int) (due []relay.Deferred, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.deferred {
		first, _ := d.first(m.Stream)
		if first == m && !m.Parked() && !m.Due.After(now) && len(due) < limit {
			due = append(due, m)
		}
	}
	return due, nil
}

func (d *desk) Accepted(_ context.Context, _ string, m relay.Deferred) (relay.Deferred, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if i, found := d.find(m.Position); found {
		d.deferred = slices.Delete(d.deferred, i, i+1)
	}
	next, found := d.first(m.Stream)
	return next, found, nil
}

func (d *desk) Refused(_ context.Context, _ string, m relay.Deferred) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if i, found := d.find(m.Position); found && d.deferred[i].Attempts == m.Attempts-1 {
		d.deferred[i] = m
	}
	return nil
}

// replay makes all parked messages due.
func (d *desk) replay() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.deferred {
		if d.deferred[i].Parked() {
			d.deferred[i].Attempts, d.deferred[i].Due = 0, time.Now()
		}
	}
}

func (d *desk) at() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.position
}

func (d *desk) rows() []relay.Deferred {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.deferred)
}

func (d *desk) written() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}
