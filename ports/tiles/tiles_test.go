package tiles_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/ports/tiles"
)

// memory is a log with its tree.
type memory struct {
	events []eventlog.Recorded
	hashes map[string][]byte
	signed *translog.Signed
	fault  error
	held   int // events that are sealed, and can't be read now
}

// newMemory returns a log of n events, sealed and signed.
func newMemory(t *testing.T, n int) (m *memory, verifier string) {
	t.Helper()
	m = &memory{hashes: map[string][]byte{}}
	b := translog.NewBuilder()
	for i := range int64(n) {
		e := eventlog.Recorded{
			Position: i + 1, EventID: fmt.Sprintf("0190163d-8694-739b-aea5-%012x", i), Version: 1, Type: "kyc.status_changed.v1",
			Stream: eventlog.Stream{App: "default", Session: "s"}, Data: "{}", Metadata: "{}", RecordedAt: time.UnixMicro(i),
		}
		m.events = append(m.events, e)
		b.Add(translog.Leaf(e))
	}
	for _, tile := range b.Take() {
		m.hashes[fmt.Sprint(tile.Level, "/", tile.Number)] = tile.Hashes
	}
	secret, verifier, err := translog.NewKey("dossier-test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	root, err := translog.NewTree(m).Root(t.Context(), int64(n))
	if err != nil {
		t.Fatal(err)
	}
	note, err := key.Sign(translog.Checkpoint{Origin: "dossier-test", Size: int64(n), Root: root}.Text())
	if err != nil {
		t.Fatal(err)
	}
	m.signed = &translog.Signed{Size: int64(n), Note: note}
	return m, verifier
}

func (m *memory) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	return m.hashes[fmt.Sprint(level, "/", number)], m.fault
}

func (m *memory) LatestSigned(context.Context) (translog.Signed, bool, error) {
	if m.signed == nil {
		return translog.Signed{}, false, m.fault
	}
	return *m.signed, true, m.fault
}

func (m *memory) Sealed(context.Context) (int64, error) { return int64(len(m.events)), m.fault }

func (m *memory) ReadAll(_ context.Context, after int64, limit int) ([]eventlog.Recorded, error) {
	return m.events[after:min(after+int64(limit), int64(len(m.events)-m.held))], m.fault
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// monitor reads tiles as anyone would who knows no more than the specification.
type monitor struct {
	t *testing.T
	h http.Handler
}

func (monitor) Height() int { return translog.TileHeight }

func (m monitor) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		path := fmt.Sprintf("/log/tile/%d/%03d", tile.L, tile.N)
		if tile.W != 256 {
			path += fmt.Sprintf(".p/%d", tile.W)
		}
		w := get(m.h, path)
		if w.Code != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
		data[i] = w.Body.Bytes()
	}
	return data, nil
}

func (monitor) SaveTiles([]tlog.Tile, [][]byte) {}

// A monitor that trusts nothing but the key finds every entry under the root.
func TestAMonitorCanFollowTheLog(t *testing.T) {
	const n = 600
	m, verifier := newMemory(t, n)
	h := tiles.New(tiles.Config{Log: m, Verifier: verifier, Logger: slog.New(slog.DiscardHandler)})
	if got := get(h.Public, "/log/vkey").Body.String(); got != verifier+"\n" {
		t.Errorf("the key is %q", got)
	}
	checkpoint, err := translog.OpenCheckpoint(get(h.Public, "/log/checkpoint").Body.Bytes(), verifier)
	if err != nil || checkpoint.Size != n {
		t.Fatalf("%+v, %v", checkpoint, err)
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: n, Hash: checkpoint.Root}, monitor{t, h.Public})
	indexes := make([]int64, n)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	leaves, err := hashes.ReadHashes(indexes)
	if err != nil {
		t.Fatal(err)
	}
	var entries [][]byte
	for _, path := range []string{"000", "001", "002.p/88"} {
		w := get(h.Entries, tiles.EntriesPath+path)
		for rest := w.Body.Bytes(); len(rest) > 0; {
			length := binary.BigEndian.Uint16(rest)
			entries = append(entries, rest[2:2+length])
			rest = rest[2+length:]
		}
	}
	if len(entries) != n {
		t.Fatalf("%d entries", len(entries))
	}
	for i, entry := range entries {
		if tlog.RecordHash(entry) != leaves[i] {
			t.Errorf("entry %d is not under the root", i)
		}
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	m, verifier := newMemory(t, 300)
	h := tiles.New(tiles.Config{Log: m, Verifier: verifier, Logger: slog.New(slog.DiscardHandler)})
	for _, path := range []string{
		"/log/", "/log/x", "/log/tile/0/001", "/log/tile/0/001.p/45", "/log/tile/0/002.p/1", "/log/tile/1/000", "/log/tile/9/000",
		"/log/tile/entries/000", "/log/tile/0/000/", "/log/checkpoint/",
	} {
		if w := get(h.Public, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, path := range []string{"001", "001.p/45", "002.p/1", "x", "x999/x999/x999/x999/x999/999"} {
		if w := get(h.Entries, tiles.EntriesPath+path); w.Code != http.StatusNotFound {
			t.Errorf("entries %s: %d", path, w.Code)
		}
	}
	m.signed = nil
	if w := get(h.Public, "/log/checkpoint"); w.Code != http.StatusNotFound {
		t.Errorf("with nothing signed: %d", w.Code)
	}
	for _, handler := range []http.Handler{h.Public, h.Entries} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/log/checkpoint", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") == "" {
			t.Errorf("POST: %d", w.Code)
		}
	}
}

// Who caches entries keeps them for a year: fewer than there are must not be
// answered.
func TestEntriesThatCanNotBeReadNowAreNotServedInPart(t *testing.T) {
	m, verifier := newMemory(t, 300)
	h := tiles.New(tiles.Config{Log: m, Verifier: verifier, Logger: slog.New(slog.DiscardHandler)})
	m.held = 1
	if w := get(h.Entries, tiles.EntriesPath+"001.p/44"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Cache-Control") == "private, max-age=31536000, immutable" {
		t.Errorf("%d, %s", w.Code, w.Header().Get("Cache-Control"))
	}
	if w := get(h.Entries, tiles.EntriesPath+"001.p/43"); w.Code != http.StatusOK {
		t.Errorf("what can be read: %d", w.Code)
	}
}

func TestADatabaseThatIsAwayIsNoMissingTile(t *testing.T) {
	m, verifier := newMemory(t, 300)
	m.fault = fmt.Errorf("read: %w", eventlog.ErrUnavailable)
	h := tiles.New(tiles.Config{Log: m, Verifier: verifier, Logger: slog.New(slog.DiscardHandler)})
	for _, w := range []*httptest.ResponseRecorder{
		get(h.Public, "/log/checkpoint"), get(h.Public, "/log/tile/0/000"), get(h.Entries, tiles.EntriesPath+"000"),
	} {
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	m.fault = errors.New("a fault of ours")
	if w := get(h.Public, "/log/tile/0/000"); w.Code != http.StatusInternalServerError {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
