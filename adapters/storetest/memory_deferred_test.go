package storetest_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// deferrals are the deferred messages of a store.
type deferrals struct{ groups }

func (s *store) Deferrals() relay.DeferredStore { return deferrals{groups{s}} }

// of returns the messages of a relay by position. It expects the lock to be
// held.
func (d deferrals) of(name string) []relay.Deferred {
	var all []relay.Deferred
	for of, messages := range d.s.db.deferred {
		if of == name || d.s.db.fault == mixesRelays {
			all = slices.AppendSeq(all, maps.Values(messages))
		}
	}
	slices.SortFunc(all, func(a, b relay.Deferred) int { return cmp.Compare(a.Position, b.Position) })
	return all
}

// first expects the lock to be held.
func (d deferrals) first(name string, s eventlog.Stream) (first relay.Deferred, found bool) {
	for _, m := range d.of(name) {
		if m.Stream == s {
			return m, true
		}
	}
	return first, false
}

func (d deferrals) Blocked(_ context.Context, name string, streams []eventlog.Stream) (blocked []eventlog.Stream, err error) {
	d.s.db.mu.RLock()
	defer d.s.db.mu.RUnlock()
	for _, s := range streams {
		if _, found := d.first(name, s); found {
			blocked = append(blocked, s)
		}
	}
	return blocked, nil
}

func (d deferrals) Settle(_ context.Context, m consumer.Move, deferred []relay.Deferred) error {
	db := d.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	name, _ := m.Relay()
	err := d.move(m)
	if err != nil && db.fault != defersAlone {
		return err
	}
	if db.deferred[name] == nil {
		db.deferred[name] = map[int64]relay.Deferred{}
	}
	for _, n := range deferred {
		if _, found := db.deferred[name][n.Position]; !found || db.fault == defersAgain {
			db.deferred[name][n.Position] = n
		}
	}
	return err
}

func (d deferrals) Due(_ context.Context, name string, now, latest time.Time, limit int) (due []relay.Deferred, err error) {
	db := d.s.db
	db.mu.RLock()
	defer db.mu.RUnlock()
	for _, m := range d.of(name) {
		first, _ := d.first(name, m.Stream)
		isFirst := first.Position == m.Position || db.fault == triesBehind
		isAhead := m.Due.After(latest) && db.fault != heedsAhead
		if isFirst && !m.Parked() && (!m.Due.After(now) || isAhead) {
			due = append(due, m)
		}
	}
	slices.SortStableFunc(due, func(a, b relay.Deferred) int { return a.Due.Compare(b.Due) })
	if db.fault == triesLatest {
		slices.Reverse(due)
	}
	return due[:min(len(due), limit)], nil
}

func (d deferrals) Accepted(_ context.Context, name string, m relay.Deferred) (next relay.Deferred, found bool, err error) {
	db := d.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	delete(db.deferred[name], m.Position)
	if all := d.of(name); db.fault == jumpsQueue && len(all) > 0 {
		return all[0], true, nil
	}
	next, found = d.first(name, m.Stream)
	return next, found, nil
}

func (d deferrals) Refused(_ context.Context, name string, m relay.Deferred) error {
	db := d.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	stored, found := db.deferred[name][m.Position]
	if found && (stored.Attempts == m.Attempts-1 || db.fault == countsTwice) {
		stored.Attempts, stored.Due, stored.Reason = m.Attempts, m.Due, m.Reason
		db.deferred[name][m.Position] = stored
	}
	return nil
}

func (d deferrals) Parked(_ context.Context, name string, after int64, limit int) (parked []relay.Deferred, err error) {
	d.s.db.mu.RLock()
	defer d.s.db.mu.RUnlock()
	for _, m := range d.of(name) {
		if m.Parked() && m.Position > after && len(parked) < limit {
			parked = append(parked, m)
		}
	}
	return parked, nil
}

func (d deferrals) Replay(_ context.Context, name string, positions []int64) (int, error) {
	return d.replay(name, func(m relay.Deferred) bool { return slices.Contains(positions, m.Position) })
}

func (d deferrals) ReplayAll(_ context.Context, name string) (int, error) {
	return d.replay(name, func(relay.Deferred) bool { return true })
}

func (d deferrals) replay(name string, wanted func(relay.Deferred) bool) (n int, err error) {
	db := d.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, m := range d.of(name) {
		if !wanted(m) || !m.Parked() && db.fault != replaysAll {
			continue
		}
		n++
		m.Due = d.now()
		if db.fault != replaysAttempts {
			m.Attempts = 0
		}
		db.deferred[name][m.Position] = m
	}
	return n, nil
}

func (d deferrals) Backlogs(context.Context) (all []relay.Backlog, err error) {
	d.s.db.mu.RLock()
	defer d.s.db.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(d.s.db.deferred)) {
		b := relay.Backlog{Relay: name}
		for _, m := range d.s.db.deferred[name] {
			if m.Parked() {
				b.Parked++
			} else {
				b.Waiting++
			}
		}
		if b.Waiting+b.Parked > 0 {
			all = append(all, b)
		}
	}
	return all, nil
}
