package tileclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/mod/sumdb/tlog"

	"dossier/adapters/tileclient"
	"dossier/application/translog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// log serves a tree whose leaves are made from numbers.
type log struct {
	tiles map[string][]byte
	note  []byte
	now   translog.Checkpoint
}

func (l *log) ReadTile(_ context.Context, level int, number int64) ([]byte, error) {
	return l.tiles[fmt.Sprintf("%d/%03d", level, number)], nil
}

// newLog returns a signed log; each leaf is what the function makes of its
// number.
func newLog(t *testing.T, key *translog.Key, size int, leaf func(int) string) *log {
	t.Helper()
	l, b := &log{tiles: map[string][]byte{}}, translog.NewBuilder()
	for i := range size {
		b.Add(tlog.RecordHash([]byte(leaf(i))))
	}
	for _, tile := range b.Take() {
		l.tiles[fmt.Sprintf("%d/%03d", tile.Level, tile.Number)] = tile.Hashes
	}
	root, err := translog.NewTree(l).Root(t.Context(), int64(size))
	if err != nil {
		t.Fatal(err)
	}
	l.now = translog.Checkpoint{Origin: key.Origin(), Size: int64(size), Root: root}
	if l.note, err = key.Sign(l.now.Text()); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *log) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, isTile := strings.CutPrefix(r.URL.Path, "/log/tile/")
	path, width, partial := strings.Cut(path, ".p/")
	hashes := l.tiles[path]
	switch {
	case r.URL.Path == "/log/checkpoint":
		_, _ = w.Write(l.note)
	case !isTile || hashes == nil:
		http.NotFound(w, r)
	case partial:
		var n int
		_, _ = fmt.Sscan(width, &n)
		_, _ = w.Write(hashes[:n*tlog.HashSize])
	default:
		_, _ = w.Write(hashes)
	}
}

func number(i int) string { return fmt.Sprint(i) }

// client returns one for a log, and the newest checkpoint that it reads.
func client(t *testing.T, key *translog.Key, h http.Handler) (*tileclient.Client, translog.Checkpoint) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := tileclient.New(server.URL+"/log/", key.Verifier(), server.Client())
	if err != nil {
		t.Fatal(err)
	}
	now, _, err := c.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c, now
}

func newKey(t *testing.T) *translog.Key {
	t.Helper()
	secret, _, err := translog.NewKey("dossier-test")
	if err != nil {
		t.Fatal(err)
	}
	key, err := translog.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestALogThatGrewContinues(t *testing.T) {
	key := newKey(t)
	c, now := client(t, key, newLog(t, key, 70_000, number))
	for _, size := range []int{0, 1, 255, 256, 257, 65_536, 69_999, 70_000} {
		if err := c.Continues(t.Context(), newLog(t, key, size, number).now, now); err != nil {
			t.Errorf("from %d: %v", size, err)
		}
	}
}

// Whoever holds the key can sign a new log, and not make it continue the old.
func TestALogThatWasWrittenAnewIsFoundOut(t *testing.T) {
	key := newKey(t)
	before := newLog(t, key, 500, number).now
	for name, altered := range map[string]*log{
		"an event altered": newLog(t, key, 700, func(i int) string {
			if i == 77 {
				return "another"
			}
			return number(i)
		}),
		"an event removed": newLog(t, key, 700, func(i int) string {
			if i >= 77 {
				i++
			}
			return number(i)
		}),
		"an event put in": newLog(t, key, 500, func(i int) string { return number(max(0, i-1)) }),
	} {
		c, now := client(t, key, altered)
		if err := c.Continues(t.Context(), before, now); !errors.Is(err, tileclient.ErrForked) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, now := client(t, key, newLog(t, key, 499, number))
	if err := c.Continues(t.Context(), before, now); !errors.Is(err, tileclient.ErrCutOff) {
		t.Errorf("cut off: %v", err)
	}
}

// A tile that does not belong to the signed root is no answer.
func TestTilesAreNotTrusted(t *testing.T) {
	key := newKey(t)
	before := newLog(t, key, 300, number).now
	lying := newLog(t, key, 700, func(i int) string { return "another " + number(i) })
	honest := newLog(t, key, 300, number)
	for path, hashes := range honest.tiles { // as if its first events were still those
		if lying.tiles[path] != nil && len(hashes) == len(lying.tiles[path]) {
			lying.tiles[path] = hashes
		}
	}
	c, now := client(t, key, lying)
	if err := c.Continues(t.Context(), before, now); err == nil {
		t.Error("the lie is believed")
	}
}

func TestAnAnswerThatIsNoLog(t *testing.T) {
	key := newKey(t)
	for name, h := range map[string]http.HandlerFunc{
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"endless":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) },
		"no note":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) },
		"other key":  newLog(t, newKey(t), 3, number).ServeHTTP,
		"hang up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"nothing":    func(http.ResponseWriter, *http.Request) {},
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
	} {
		server := httptest.NewServer(h)
		c, err := tileclient.New(server.URL+"/log", key.Verifier(), server.Client())
		if err != nil {
			t.Fatal(err)
		}
		if now, _, err := c.Latest(t.Context()); err == nil {
			t.Errorf("%s: read as %+v", name, now)
		}
		server.Close()
	}
	for _, base := range []string{"", "example.com/log", "ftp://example.com", "http://", "::"} {
		if _, err := tileclient.New(base, key.Verifier(), http.DefaultClient); err == nil {
			t.Errorf("%q is taken for a log", base)
		}
	}
}
