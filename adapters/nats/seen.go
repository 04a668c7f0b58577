package nats

import "sync"

// seenLimit is how many ids are remembered at least: several pages of a relay,
// which is what it publishes again after an error.
const seenLimit = 10_000

// seen are the ids of messages that this process saw stored. Their duplicates
// need not be looked for, and must not: a consumer may have taken them out of the
// stream since.
type seen struct {
	mu         sync.Mutex
	young, old map[string]struct{} // old is dropped when young is full
}

func (s *seen) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.young == nil || len(s.young) >= seenLimit {
		s.young, s.old = make(map[string]struct{}), s.young
	}
	s.young[id] = struct{}{}
}

func (s *seen) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, young := s.young[id]
	_, old := s.old[id]
	return young || old
}
