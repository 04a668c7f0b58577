package storetest_test

import (
	"context"
	"slices"
	"time"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// now is the time of the next events: never before that of the last.
func (s *store) now() time.Time {
	at := s.options.Now().UTC().Truncate(time.Microsecond)
	if s.db.fault == millisecondsOnly {
		at = at.Truncate(time.Millisecond)
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	if n := len(s.db.events); n > 0 && at.Before(s.db.events[n-1].RecordedAt) && s.db.fault != timeRunsBackwards {
		at = s.db.events[n-1].RecordedAt
	}
	return at
}

// head folds a stream.
func (s *store) head(stream eventlog.Stream) *kyc.Session {
	if s.db.fault != staleHeads {
		return s.db.session(stream)
	}
	if s.remembered[stream] == nil {
		if s.remembered == nil {
			s.remembered = map[eventlog.Stream]*kyc.Session{}
		}
		s.remembered[stream] = s.db.session(stream)
	}
	return s.remembered[stream]
}

// known returns the receipt of a delivery that is stored, or whether its id is
// stored with other bytes.
func (s *store) known(r eventlog.Request) (first *eventlog.Receipt, conflict bool) {
	if r.Delivery == nil || s.db.fault == neverDeduplicates {
		return nil, false
	}
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	stored := s.db.deliveries[s.key(r)]
	for _, d := range stored {
		if d.sha256 == r.Delivery.SHA256 || s.db.fault == deduplicatesByID {
			receipt := d.receipt
			receipt.Duplicate = true
			return &receipt, false
		}
	}
	return nil, len(stored) > 0
}

func (s *store) key(r eventlog.Request) deliveryKey {
	if s.db.fault == deliveriesOfAllApps {
		return deliveryKey{id: r.Delivery.ID}
	}
	return deliveryKey{r.Stream.App, r.Delivery.ID}
}

// remember stores a delivery.
func (s *store) remember(r eventlog.Request, receipt eventlog.Receipt) {
	if r.Delivery == nil {
		return
	}
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	key := s.key(r)
	if s.db.fault == forgetsConflicts && len(s.db.deliveries[key]) > 0 {
		return
	}
	at := s.options.Now()
	s.db.deliveries[key] = append(s.db.deliveries[key], delivery{r.Delivery.SHA256, receipt, at})
}

// commit stores events and delivery, all or nothing.
func (s *store) commit(r eventlog.Request, recorded []eventlog.Recorded) answer {
	s.db.mu.RLock()
	refused := s.db.refusing && r.Delivery != nil
	s.db.mu.RUnlock()
	if refused {
		if s.db.fault == partOfDecision {
			s.publish(recorded[:1])
		} else if s.db.fault != holeAfterFailure {
			s.positions(-len(recorded))
		}
		return answer{err: eventlog.ErrUnavailable}
	}
	if s.db.fault == visibleBeforeCommit {
		s.publish(recorded)
	}
	if s.options.BeforeCommit != nil {
		s.options.BeforeCommit()
	}
	if s.db.fault != visibleBeforeCommit {
		s.publish(recorded)
	}
	receipt := eventlog.Receipt{
		Position: recorded[0].Position, Version: recorded[0].Version, Last: recorded[len(recorded)-1].Position,
	}
	s.remember(r, receipt)
	if s.remembered != nil {
		for _, e := range recorded {
			s.remembered[e.Stream].Apply(e.Event, e.Mark())
		}
	}
	if s.db.fault != neverWakes {
		s.grown.Notify()
		s.db.grown.Notify()
	}
	if s.unreplicated(receipt.Last) && s.db.fault != ignoresStandby {
		return answer{err: eventlog.ErrNotReplicated}
	}
	return answer{receipt: receipt}
}

func (s *store) unreplicated(position int64) bool {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return s.db.lacks(position)
}

func (s *store) publish(recorded []eventlog.Recorded) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	s.db.events = append(s.db.events, recorded...)
	slices.SortStableFunc(s.db.events, func(a, b eventlog.Recorded) int { return int(a.Position - b.Position) })
}

func (s *store) Prune(_ context.Context, before time.Time) (int64, error) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	var pruned int64
	for key, stored := range s.db.deliveries {
		kept := slices.DeleteFunc(stored, func(d delivery) bool { return d.at.Before(before) || s.db.fault == prunesAll })
		pruned += int64(len(stored) - len(kept))
		s.db.deliveries[key] = kept
	}
	return pruned, nil
}

// old is the time before which deliveries are forgotten.
func (s *store) old() time.Time {
	before := s.options.Now().AddDate(0, 0, -90)
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if s.db.fault == believesItsClock {
		return before
	}
	oldest := before
	for _, stored := range s.db.deliveries {
		for _, d := range stored {
			if d.at.Before(oldest) {
				oldest = d.at
			}
		}
	}
	if step := oldest.Add(2 * time.Hour); step.Before(before) {
		return step
	}
	return before
}

func (s *store) Changed() <-chan struct{} {
	if s.db.fault == wakesOwnOnly {
		return s.grown.Changed()
	}
	return s.db.grown.Changed()
}
