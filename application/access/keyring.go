package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"sync"
	"time"
)

// refresh is how long a keyring trusts what it read of the stored tokens: a
// revoked token works at most that much longer, and the time of one read.
const refresh = 5 * time.Second

// Principal is who makes a call.
type Principal struct {
	Name string
	Role Role
}

// TokenStore keeps tokens that were made at run time.
type TokenStore interface {
	// Tokens returns the tokens that are valid now.
	Tokens(ctx context.Context) ([]Token, error)
}

// Keyring knows the valid tokens: those of the configuration and those of a
// store. It is safe for concurrent use.
type Keyring struct {
	fixed []Token
	store TokenStore

	mu      sync.Mutex
	stored  []Token
	known   bool      // the stored tokens were read at least once
	triedAt time.Time // when they were last asked for
}

// NewKeyring returns a keyring of fixed tokens and those of a store.
func NewKeyring(fixed []Token, store TokenStore) *Keyring {
	return &Keyring{fixed: fixed, store: store}
}

// Authenticate returns who holds a bearer token; ok is false for an unknown
// one. A fixed token needs no store. For another it fails if the stored ones
// were never read and can't be; once read, they stay valid while the store is
// away.
func (k *Keyring) Authenticate(ctx context.Context, secret string, now time.Time) (p Principal, ok bool, err error) {
	hash := sha256.Sum256([]byte(secret))
	if p, ok := holder(k.fixed, hash); ok {
		return p, true, nil
	}
	stored, err := k.current(ctx, now)
	if err != nil {
		return Principal{}, false, err
	}
	p, ok = holder(stored, hash)
	return p, ok, nil
}

// holder finds a token by its hash. All are compared, so that the time does not
// tell which one is near.
func holder(tokens []Token, hash [sha256.Size]byte) (p Principal, ok bool) {
	for _, t := range tokens {
		if subtle.ConstantTimeCompare(hash[:], t.Hash[:]) == 1 {
			p, ok = Principal{t.Name, t.Role}, true
		}
	}
	return p, ok
}

// current returns the stored tokens, read again when they are old. One call
// reads them while the others go on with what is known, and an attempt that
// fails is not repeated at once: a store that hangs must not stop every call.
func (k *Keyring) current(ctx context.Context, now time.Time) ([]Token, error) {
	k.mu.Lock()
	stored, known := k.stored, k.known
	fresh := known && !now.Before(k.triedAt) && now.Sub(k.triedAt) < refresh
	if !fresh {
		k.triedAt = now
	}
	k.mu.Unlock()
	if fresh {
		return stored, nil
	}
	tokens, err := k.store.Tokens(ctx)
	switch {
	case err == nil:
		k.mu.Lock()
		k.stored, k.known = tokens, true
		k.mu.Unlock()
		return tokens, nil
	case known:
		return stored, nil
	default:
		return nil, fmt.Errorf("read the tokens: %w", err)
	}
}
