package storetest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"dossier/application/access"
)

var errToken = errors.New("no such token, or one like it")

func (s *store) Tokens(context.Context) ([]access.Token, error) {
	s.db.mu.RLock()
	defer s.db.mu.RUnlock()
	return slices.Clone(s.db.tokens), nil
}

func (s *store) AddToken(_ context.Context, t access.Token) error {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if slices.ContainsFunc(s.db.tokens, func(other access.Token) bool { return other.Hash == t.Hash }) {
		return errToken
	}
	s.db.tokens, s.db.ever = append(s.db.tokens, t), s.db.ever+1
	return nil
}

func (s *store) AddFirstToken(ctx context.Context, t access.Token) (bool, error) {
	s.db.models.Lock() // lets one look at a time
	defer s.db.models.Unlock()
	s.db.mu.RLock()
	ever := s.db.ever
	if s.db.fault == countsValidTokens {
		ever = len(s.db.tokens)
	}
	s.db.mu.RUnlock()
	if ever > 0 {
		return false, nil
	}
	return true, s.AddToken(ctx, t)
}

func (s *store) RevokeToken(_ context.Context, id string, _ time.Time) error {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	kept := slices.DeleteFunc(s.db.tokens, func(t access.Token) bool { return t.ID == id })
	if len(kept) == len(s.db.tokens) {
		return errToken
	}
	s.db.tokens = kept
	return nil
}

func (s *store) Setting(_ context.Context, name, proposed string) (string, error) {
	s.db.mu.Lock()
	defer s.db.mu.Unlock()
	if value, ok := s.db.settings[name]; ok && s.db.fault != lastSettingWins {
		return value, nil
	}
	s.db.settings[name] = proposed
	return proposed, nil
}
