package translog_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"dossier/application/eventlog"
	"dossier/application/translog"
)

func sealer(m *memory, key *translog.Key, last translog.Memory) *translog.Sealer {
	return &translog.Sealer{
		Log: m, Grown: m, Store: m, Key: key, Memory: last, Sealed: &eventlog.Broadcast{},
		Meter: noMeter{}, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
}

func TestTheSealerCoversTheWholeLog(t *testing.T) {
	key := newKey(t, "dossier-test")
	m := newMemory(12_345)
	s := sealer(m, key, &remembered{})
	added, err := s.Seal(t.Context())
	if err != nil || added != 12_345 {
		t.Fatalf("%d events were added, %v", added, err)
	}
	c := m.latest(t, key)
	if c.Size != 12_345 || c.Root != naive(leaves(12_345)) {
		t.Errorf("signed %+v", c)
	}
	if added, err := s.Seal(t.Context()); err != nil || added != 0 || len(m.signed) != 1 {
		t.Errorf("with nothing new: %d events, %d checkpoints, %v", added, len(m.signed), err)
	}
}

func TestACheckpointIsSignedEachSecondAtMost(t *testing.T) {
	key := newKey(t, "dossier-test")
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(1)
		s := sealer(m, key, &remembered{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = s.Run(ctx) }()
		for range 100 {
			synctest.Wait()
			m.grow(1)
			time.Sleep(50 * time.Millisecond) // of the bubble's clock
		}
		time.Sleep(3 * time.Second)
		cancel()
		synctest.Wait()
		for i := 1; i < len(m.signed); i++ {
			if gap := m.signed[i].At.Sub(m.signed[i-1].At); gap < time.Second {
				t.Errorf("two checkpoints within %s", gap)
			}
		}
		if c := m.latest(t, key); c.Size != 101 || len(m.signed) > 7 {
			t.Errorf("%d checkpoints, the last of %d events", len(m.signed), c.Size)
		}
	})
}

// A checkpoint from tomorrow, signed while a clock was ahead, must not leave the log
// unsigned until then.
func TestAClockThatWasAheadStopsNoSigning(t *testing.T) {
	key, m, kept := newKey(t, "dossier-test"), newMemory(0), &remembered{}
	s, ahead := sealer(m, key, kept), sealer(m, key, kept)
	ahead.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	for _, by := range []*translog.Sealer{ahead, s} {
		m.grow(1)
		if _, err := by.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c := m.latest(t, key); c.Size != 2 {
		t.Errorf("the newest checkpoint is of %d events", c.Size)
	}
	if at := m.signed[len(m.signed)-1].At; at.After(time.Now()) {
		t.Errorf("it was signed at %s", at)
	}
}

// Two processes take turns in whatever way, and the tree is that of the log.
func TestSealersOfSeveralProcessesMakeOneTree(t *testing.T) {
	key := newKey(t, "dossier-test")
	m := newMemory(300)
	one, two := sealer(m, key, &remembered{}), sealer(m, key, &remembered{})
	entered := false
	m.before = func() { // the other is always faster
		if !entered {
			entered = true
			if _, err := two.Seal(t.Context()); err != nil {
				t.Error(err)
			}
			entered = false
		}
	}
	for range 5 {
		m.grow(170)
		if _, err := one.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if root, err := translog.NewTree(m).Root(t.Context(), m.size); err != nil || m.size != 1150 || root != naive(leaves(1150)) {
		t.Errorf("the root of %d events is %v, %v", m.size, root, err)
	}
}

func TestNothingIsSignedWithoutAKey(t *testing.T) {
	m := newMemory(5)
	if added, err := sealer(m, nil, nil).Seal(t.Context()); err != nil || added != 5 || len(m.signed) != 0 {
		t.Errorf("%d events, %d checkpoints, %v", added, len(m.signed), err)
	}
}

// resealed makes the tree and the checkpoints anew after a change of the log, as
// one would who can write to the database.
func resealed(t *testing.T, key *translog.Key, last translog.Memory, change func(*memory)) (*memory, error) {
	t.Helper()
	m := newMemory(600)
	if _, err := sealer(m, key, last).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	change(m)
	m.tiles, m.size = map[string][]byte{}, 0
	_, err := sealer(m, key, last).Seal(t.Context())
	return m, err
}

func TestAChangedHistoryIsNotSigned(t *testing.T) {
	key := newKey(t, "dossier-test")
	for name, change := range map[string]func(*memory){
		"altered":                     func(m *memory) { m.events[10].Data = "{}"; m.grow(1) },
		"cut off":                     func(m *memory) { m.events = m.events[:590] },
		"cut off, and no checkpoints": func(m *memory) { m.events, m.signed = m.events[:590], nil },
		"altered, and no checkpoints": func(m *memory) { m.events[10].Data, m.signed = "{}", nil; m.grow(1) },
		"put back to an earlier time": func(m *memory) { m.events, m.signed = nil, nil; m.grow(20) },
	} {
		m, err := resealed(t, key, &remembered{}, change)
		if !errors.Is(err, translog.ErrForked) {
			t.Errorf("%s: %v, signed %d", name, err, len(m.signed))
		}
	}
	if _, err := resealed(t, key, &remembered{}, func(m *memory) { m.grow(10) }); err != nil {
		t.Errorf("a tree that was lost is made again, and goes on: %v", err)
	}
}

// losses implements translog.Losses.
type losses struct {
	all  []eventlog.Cut
	fail error
}

func (l *losses) SaveCut(_ context.Context, c eventlog.Cut) error {
	if l.fail == nil {
		l.all = append(l.all, c)
	}
	return l.fail
}

// What the key has signed and the log does not begin with is told, once, and again
// until it is recorded.
func TestWhatTheLogLostOfTheSignedIsTold(t *testing.T) {
	key, last := newKey(t, "dossier-test"), &remembered{}
	if _, err := sealer(newMemory(20), key, last).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	shorter := newMemory(15)
	s := sealer(shorter, key, last)
	lost := &losses{fail: errors.New("read only")}
	s.Losses = lost
	if _, err := s.Seal(t.Context()); !errors.Is(err, translog.ErrForked) || !errors.Is(err, lost.fail) {
		t.Errorf("got %v", err)
	}
	lost.fail = nil
	for range 3 {
		if _, err := s.Seal(t.Context()); !errors.Is(err, translog.ErrForked) {
			t.Errorf("got %v", err)
		}
		shorter.grow(1)
	}
	if len(lost.all) != 1 {
		t.Fatalf("told %d times", len(lost.all))
	}
	if c := lost.all[0]; c.Had.Position != 20 || c.Head.Position != 15 || string(c.Note) != string(last.note) || c.At.IsZero() {
		t.Errorf("told %+v", c)
	}
}
