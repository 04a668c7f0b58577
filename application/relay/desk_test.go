package relay_test

import (
	"context"
	"slices"
	"sync"
	"time"

	"dossier/application/consumer"
	"dossier/application/consumer/consumertest"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// desk keeps the place of one relay and its deferred messages.
type desk struct {
	*consumertest.Desk

	mu       sync.Mutex
	deferred []relay.Deferred // by position
	writes   int              // that neither claimed nor moved
	most     int              // deferred messages at any time
}

func newDesk(b *book) *desk { return &desk{Desk: consumertest.NewDesk(b.head)} }

func (d *desk) Settle(_ context.Context, m consumer.Move, deferred []relay.Deferred) error {
	return d.MoveWith(m, func() { d.postpone(deferred) })
}

// postpone stores those that are not stored yet.
func (d *desk) postpone(deferred []relay.Deferred) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, n := range deferred {
		if _, found := d.find(n.Position); !found {
			d.deferred = append(d.deferred, n)
		}
	}
	slices.SortFunc(d.deferred, func(a, b relay.Deferred) int { return int(a.Position - b.Position) })
	d.most = max(d.most, len(d.deferred))
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

func (d *desk) Due(_ context.Context, _ string, now, latest time.Time, limit int) (due []relay.Deferred, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.deferred {
		first, _ := d.first(m.Stream)
		if first == m && !m.Parked() && (!m.Due.After(now) || m.Due.After(latest)) && len(due) < limit {
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

func (d *desk) rows() []relay.Deferred {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.deferred)
}

func (d *desk) written() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.Moves() + d.writes
}
