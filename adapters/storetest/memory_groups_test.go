package storetest_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"dossier/application/consumer"
)

// groups are the consumer groups of a store.
type groups struct{ s *store }

func (s *store) Groups() consumer.Store { return groups{s} }

func (g groups) now() time.Time { return g.s.options.Now() }

// head expects the lock to be held.
func (g groups) head() int64 { return int64(len(g.s.db.events)) }

// held expects the lock to be held.
func (g groups) held(group consumer.Group, holder string) bool {
	fault := g.s.db.fault
	switch {
	case fault == claimsHeld || group.Holder == "" || group.Holder == holder:
		return false
	case fault == holdsForEver:
		return true
	default:
		return !group.HeldUntil.Before(g.now())
	}
}

// standing expects the lock to be held.
func (g groups) standing(id consumer.ID) bool {
	hold := g.s.db.holds[id]
	switch g.s.db.fault {
	case believesClocks:
		return false
	case missesRenewals:
		hold.Claims = 0
	}
	return g.s.watch.Over(id, hold)
}

func (g groups) Claim(_ context.Context, c consumer.Claim) (consumer.Grant, error) {
	db := g.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	group, found := db.groups[c.ID]
	if !found {
		at, err := c.Start.At(g.head())
		if err != nil && db.fault != startsAnywhere {
			return consumer.Grant{}, err
		}
		if db.fault == startsAtBeginning {
			at = 0
		}
		group = consumer.Group{ID: c.ID, Position: at, MovedAt: g.now()}
		db.generation[c.ID] = g.now().UnixMicro()
	}
	if g.held(group, c.Holder) && !g.standing(c.ID) {
		return consumer.Grant{}, consumer.ErrHeld
	}
	db.holds[c.ID] = consumer.Hold{Holder: c.Holder, Claims: db.holds[c.ID].Claims + 1, Lease: c.Lease}
	beyond := group.Position > g.head() && db.fault != standsAnywhere
	group.Holder, group.HeldUntil = c.Holder, g.now().Add(c.Lease)
	if beyond {
		group.Holder, group.HeldUntil = "", time.Time{}
	}
	db.groups[c.ID] = group
	if beyond {
		return consumer.Grant{}, consumer.ErrBeyondHead
	}
	return consumer.Grant{Position: group.Position, Generation: db.generation[c.ID]}, nil
}

func (g groups) Move(_ context.Context, m consumer.Move) error {
	g.s.db.mu.Lock()
	defer g.s.db.mu.Unlock()
	return g.move(m)
}

// move expects the lock to be held.
func (g groups) move(m consumer.Move) error {
	db := g.s.db
	group, found := db.groups[m.ID]
	switch {
	case !found,
		group.Holder != m.Holder && db.fault != movesForAnyone,
		group.Position != m.From && db.fault != movesFromAnywhere:
		return consumer.ErrLost
	}
	group.Position, group.MovedAt = m.To, g.now()
	db.groups[m.ID] = group
	return nil
}

func (g groups) Release(_ context.Context, id consumer.ID, holder string) error {
	db := g.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	if group, found := db.groups[id]; found && (group.Holder == holder || db.fault == releasesForAnyone) {
		group.Holder, group.HeldUntil = "", time.Time{}
		db.groups[id] = group
	}
	return nil
}

func (g groups) Groups(context.Context) ([]consumer.Group, error) {
	db := g.s.db
	db.mu.RLock()
	defer db.mu.RUnlock()
	all := slices.SortedFunc(maps.Values(db.groups), func(a, b consumer.Group) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Name, b.Name))
	})
	for i := range all {
		if db.fault == tellsNoLag {
			break
		}
		all[i].Head = g.head()
		if all[i].Position < g.head() {
			all[i].Since = db.events[all[i].Position].RecordedAt
		}
	}
	return all, nil
}

// free returns a group that may be changed by hand. It expects the lock to be
// held.
func (g groups) free(id consumer.ID) (consumer.Group, error) {
	group, found := g.s.db.groups[id]
	switch {
	case !found:
		return group, consumer.ErrUnknownGroup
	case g.s.db.fault != changesHeld && g.held(group, ""):
		return group, consumer.ErrHeld
	}
	return group, nil
}

func (g groups) Seek(_ context.Context, id consumer.ID, position int64) (consumer.Group, error) {
	db := g.s.db
	db.mu.Lock()
	defer db.mu.Unlock()
	was, err := g.free(id)
	if err != nil {
		return was, err
	}
	if position > g.head() && db.fault != seeksAnywhere {
		return was, consumer.ErrBeyondHead
	}
	if position < was.Position && db.fault != keepsGeneration || db.fault == raisesAlways {
		db.generation[id]++
	}
	moved := was
	moved.Position, moved.MovedAt = position, g.now()
	db.groups[id] = moved
	return was, nil
}

func (g groups) Delete(_ context.Context, id consumer.ID) (consumer.Group, error) {
	g.s.db.mu.Lock()
	defer g.s.db.mu.Unlock()
	was, err := g.free(id)
	if err == nil {
		delete(g.s.db.groups, id)
	}
	return was, err
}
