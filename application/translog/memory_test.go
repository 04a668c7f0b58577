package translog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/translog"
)

// memory is a store of one tree, and a log beside it.
type memory struct {
	eventlog.Broadcast
	mu     sync.Mutex
	events []eventlog.Recorded
	tiles  map[string][]byte
	size   int64
	signed []translog.Signed
	// before runs before each change of the tree.
	before func()
}

func newMemory(n int) *memory {
	m := &memory{tiles: map[string][]byte{}, before: func() {}}
	m.grow(n)
	return m
}

// event returns an event like those that are stored.
func event(position int64) eventlog.Recorded {
	return eventlog.Recorded{
		Position: position, EventID: fmt.Sprintf("0190163d-8694-739b-aea5-%012x", position),
		Stream:  eventlog.Stream{App: "default", Session: "2ac3f7ab"},
		Version: position, Type: "kyc.status_changed.v1", Data: fmt.Sprintf(`{"n":%d}`, position), Metadata: "{}",
		RecordedAt: time.UnixMicro(1_763_907_000_000_000 + position).UTC(),
	}
}

func (m *memory) grow(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for range n {
		m.events = append(m.events, event(int64(len(m.events))+1))
	}
	m.Notify()
}

func (m *memory) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	after = min(after, int64(len(m.events)))
	return m.events[after:min(after+int64(limit), int64(len(m.events)))], nil
}

func place(level int, number int64) string { return fmt.Sprint(level, "/", number) }

func (m *memory) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tiles[place(level, number)], nil
}

func (m *memory) Sealed(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size, nil
}

func (m *memory) ExtendTree(_ context.Context, g translog.Growth, tiles []translog.Tile) (bool, error) {
	from, to := g.From, g.To
	m.before()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.size != from {
		return false, nil
	}
	for _, t := range tiles {
		m.tiles[place(t.Level, t.Number)] = t.Hashes
	}
	m.size = to
	return true, nil
}

func (m *memory) LatestSigned(context.Context) (translog.Signed, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.signed) == 0 {
		return translog.Signed{}, false, nil
	}
	return m.signed[len(m.signed)-1], true, nil
}

func (m *memory) SaveSigned(_ context.Context, s translog.Signed, newestBefore time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.signed); n > 0 && (m.signed[n-1].Size >= s.Size || m.signed[n-1].At.After(newestBefore)) {
		return false, nil
	}
	m.signed = append(m.signed, s)
	return true, nil
}

// remembered implements translog.Memory.
type remembered struct{ note []byte }

func (r *remembered) Remember(note []byte) error { r.note = note; return nil }
func (r *remembered) Last() ([]byte, error)      { return r.note, nil }

type noMeter struct{}

func (noMeter) ProjectionStep(string, int, int64, time.Duration) {}

func (m *memory) latest(t *testing.T, key *translog.Key) translog.Checkpoint {
	t.Helper()
	signed, found, _ := m.LatestSigned(t.Context())
	if !found {
		t.Fatal("nothing is signed")
	}
	c, err := translog.OpenCheckpoint(signed.Note, key.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	return c
}
