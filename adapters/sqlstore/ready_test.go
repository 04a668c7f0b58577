package sqlstore_test

import (
	"context"
	"errors"
	"testing"

	"dossier/adapters/sqlstore"
)

func TestAStoreSaysWhetherItIsReady(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s, err := b.open(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Ping(t.Context()), s.Writable(t.Context())); err != nil {
			t.Errorf("an open store: %v", err)
		}
		given, cancel := context.WithCancel(t.Context())
		cancel()
		if s.Ping(given) == nil || s.Writable(given) == nil {
			t.Error("a check that was given up says that all is well")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if s.Ping(t.Context()) == nil || s.Writable(t.Context()) == nil {
			t.Error("a closed store says that all is well")
		}
	})
}

func TestRevokingATokenThatIsNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		err := b.run(t, quiet()).RevokeToken(t.Context(), "none", quiet().Now())
		if !errors.Is(err, sqlstore.ErrNoSuchToken) {
			t.Errorf("got %v, want %v", err, sqlstore.ErrNoSuchToken)
		}
	})
}
