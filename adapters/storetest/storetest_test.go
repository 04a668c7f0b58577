package storetest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"dossier/adapters/storetest"
)

func TestCorrectStorePasses(t *testing.T) { storetest.Run(t, backend(none)) }

func TestNamesOfCasesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range slices.Concat(storetest.Cases(), storetest.ReplicatedCases()) {
		if seen[c.Name] {
			t.Errorf("two cases are named %q", c.Name)
		}
		seen[c.Name] = true
	}
}

var (
	errFound  = errors.New("found")
	errClosed = errors.New("close")
)

// failing is a memory whose stores can't be closed, or not be opened.
type failing struct {
	*memory
	open error
}

func (f failing) Open(ctx context.Context, o storetest.Options) (storetest.Store, error) {
	if f.open != nil {
		return nil, f.open
	}
	s, err := f.memory.Open(ctx, o)
	return closeless{s}, err
}

type closeless struct{ storetest.Store }

func (closeless) Close() error { return errClosed }

func TestCheckReturnsWhatIsFound(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	finds := storetest.Case{Name: "finds", Run: func(context.Context, *storetest.Env) error { return errFound }}
	if err := storetest.Check(ctx, finds, backend(none), newMemory(none)); !errors.Is(err, errFound) {
		t.Errorf("got %v, want what the case found", err)
	}
	opens := storetest.Cases()[0]
	if err := storetest.Check(ctx, opens, backend(none), failing{newMemory(none), nil}); !errors.Is(err, errClosed) {
		t.Errorf("got %v, want the error of Close", err)
	}
	if err := storetest.Check(ctx, opens, backend(none), failing{newMemory(none), errFound}); !errors.Is(err, errFound) {
		t.Errorf("got %v, want the error of Open", err)
	}
}
