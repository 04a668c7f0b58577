// Package witness holds those who read behind the log: a client of the live
// stream, subscribers, and consumers of a broker. Each keeps what it saw, in the
// order in which it saw it.
package witness

import "sync"

// Sight is one event that a witness saw.
type Sight struct {
	Position int64
	EventID  string
}

// sights is what a witness saw, in order.
type sights struct {
	mu  sync.Mutex
	all []Sight
}

func (s *sights) add(one Sight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, one)
}

func (s *sights) copied() []Sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Sight{}, s.all...)
}

// last is the position of what was seen last.
func (s *sights) last() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return 0
	}
	return s.all[len(s.all)-1].Position
}

// before returns what was seen so many sights before the last; found is false if
// there were not as many.
func (s *sights) before(n int) (at Sight, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n >= len(s.all) {
		return Sight{}, false
	}
	return s.all[len(s.all)-1-n], true
}
