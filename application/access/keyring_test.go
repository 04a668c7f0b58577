package access_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/access"
)

// shelf is a store of tokens in memory.
type shelf struct {
	mu     sync.Mutex
	tokens []access.Token
	fault  error
	reads  int
	hang   chan struct{} // reads wait for it, if set
}

func (s *shelf) Tokens(ctx context.Context) ([]access.Token, error) {
	s.mu.Lock()
	s.reads++
	tokens, fault, hang := s.tokens, s.fault, s.hang
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return tokens, fault
}

var errAway = errors.New("the database is away")

func token(name string, role access.Role) access.Token {
	return access.TokenOf(name, role, "secret of "+name, noon())
}

// asks authenticates the secret of a name and checks what comes of it.
func asks(t *testing.T, k *access.Keyring, name string, now time.Time, want access.Role) {
	t.Helper()
	p, ok, err := k.Authenticate(t.Context(), "secret of "+name, now)
	if err != nil || ok != (want != access.Role{}) || p.Role != want {
		t.Errorf("%s at %s is %+v, %v, %v: want the role %q", name, now.Format(time.TimeOnly), p, ok, err, want)
	}
	if ok && p.Name != name {
		t.Errorf("%s is taken for %s", name, p.Name)
	}
}

func TestTokensOfTheConfigurationAndTheStoreAreValid(t *testing.T) {
	store := &shelf{tokens: []access.Token{token("bob", access.Reader), token("cid", access.Admin)}}
	k := access.NewKeyring([]access.Token{token("ada", access.Auditor)}, store)
	asks(t, k, "ada", noon(), access.Auditor)
	asks(t, k, "bob", noon(), access.Reader)
	asks(t, k, "cid", noon(), access.Admin)
	asks(t, k, "dan", noon(), access.Role{})
	for _, secret := range []string{"", "secret of ", "SECRET OF ada", "secret of ada "} {
		if _, ok, err := k.Authenticate(t.Context(), secret, noon()); ok || err != nil {
			t.Errorf("%q: %v, %v", secret, ok, err)
		}
	}
	if store.reads != 1 {
		t.Errorf("the store was read %d times at one moment", store.reads)
	}
}

func TestTheStoreIsReadAgainAfterFiveSeconds(t *testing.T) {
	store := &shelf{}
	k := access.NewKeyring(nil, store)
	asks(t, k, "ada", noon(), access.Role{})
	store.tokens = []access.Token{token("ada", access.Reader)}
	asks(t, k, "ada", noon().Add(5*time.Second-1), access.Role{})
	asks(t, k, "ada", noon().Add(5*time.Second), access.Reader)
	store.tokens = nil // revoked
	asks(t, k, "ada", noon().Add(10*time.Second-1), access.Reader)
	asks(t, k, "ada", noon().Add(10*time.Second), access.Role{})
	if store.reads != 3 {
		t.Errorf("the store was read %d times", store.reads)
	}
}

func TestAClockThatRunsBackReadsAgain(t *testing.T) {
	store := &shelf{}
	k := access.NewKeyring(nil, store)
	asks(t, k, "ada", noon(), access.Role{})
	store.tokens = []access.Token{token("ada", access.Reader)}
	asks(t, k, "ada", noon().Add(-time.Hour), access.Reader)
}

func TestWithoutItsStoreAKeyringKnowsTheFixedTokensOnly(t *testing.T) {
	store := &shelf{fault: errAway}
	k := access.NewKeyring([]access.Token{token("ada", access.Admin)}, store)
	for range 2 {
		_, ok, err := k.Authenticate(t.Context(), "secret of bob", noon())
		if ok || !errors.Is(err, errAway) || strings.Contains(fmt.Sprint(err), "bob") {
			t.Errorf("%v, %v", ok, err)
		}
		asks(t, k, "ada", noon(), access.Admin)
	}
	store.fault, store.tokens = nil, []access.Token{token("bob", access.Reader)}
	asks(t, k, "bob", noon(), access.Reader) // at once: there was nothing to trust for a while
}

func TestAnOutageChangesNothing(t *testing.T) {
	store := &shelf{tokens: []access.Token{token("ada", access.Reader)}}
	k := access.NewKeyring(nil, store)
	asks(t, k, "ada", noon(), access.Reader)
	store.fault = errAway
	asks(t, k, "ada", noon().Add(time.Hour), access.Reader)
	asks(t, k, "bob", noon().Add(time.Hour), access.Role{})
	if store.reads != 2 {
		t.Errorf("a store that is away was asked %d times at one moment", store.reads-1)
	}
	store.tokens, store.fault = nil, nil // back, and ada was revoked
	asks(t, k, "ada", noon().Add(time.Hour+5*time.Second), access.Role{})
}

func TestAStoreThatHangsStopsOneCallOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{tokens: []access.Token{token("ada", access.Reader)}}
		k := access.NewKeyring(nil, store)
		asks(t, k, "ada", noon(), access.Reader)
		store.hang = make(chan struct{})
		var first sync.WaitGroup
		first.Go(func() { asks(t, k, "ada", noon().Add(time.Minute), access.Reader) })
		synctest.Wait() // it hangs in the store
		for range 10 {
			asks(t, k, "ada", noon().Add(time.Minute), access.Reader)
		}
		close(store.hang)
		first.Wait()
		if store.reads != 2 {
			t.Errorf("the store was read %d times", store.reads)
		}
	})
}

func TestACallerWhoLeavesTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{tokens: []access.Token{token("ada", access.Reader)}, hang: make(chan struct{})}
		k := access.NewKeyring(nil, store)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, _, err := k.Authenticate(ctx, "secret of ada", noon())
			gone <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		close(store.hang)
		asks(t, k, "ada", noon(), access.Reader)
	})
}

func TestManyAskAtOnce(t *testing.T) {
	store := &shelf{tokens: []access.Token{token("ada", access.Reader)}}
	k := access.NewKeyring([]access.Token{token("bob", access.Admin)}, store)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			asks(t, k, "ada", noon().Add(time.Duration(i)*time.Second), access.Reader)
			asks(t, k, "bob", noon().Add(time.Duration(i)*time.Second), access.Admin)
		})
	}
	all.Wait()
}

func ExampleKeyring() {
	made, secret := access.NewToken("billing", access.Reader, noon())
	k := access.NewKeyring([]access.Token{made}, &shelf{})
	p, ok, err := k.Authenticate(context.Background(), secret, noon())
	fmt.Println(p.Name, p.Role, ok, err)
	// Output: billing reader true <nil>
}
