package httpapi_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"dossier/application/access"
)

var errInternal = errors.New("out of order")

// reads returns how often the log was asked for anything.
func (s *store) reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// pages returns how often pages of the log were read.
func (s *store) pages() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paged
}

// fail lets every call fail from now on, or none.
func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = err
}

// keys tells who holds a token as it is told to.
type keys struct {
	mu          sync.Mutex
	valid, away bool
}

func (k *keys) set(valid, away bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.valid, k.away = valid, away
}

func (k *keys) Authenticate(_ context.Context, secret string, _ time.Time) (access.Principal, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away {
		return access.Principal{}, false, errInternal
	}
	return access.Principal{Name: secret, Role: access.Reader}, k.valid, nil
}
