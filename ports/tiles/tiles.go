package tiles

import (
	"context"
	"encoding/binary"
	"log/slog"
	"net/http"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/ports/problem"
)

// Where the log is served.
const (
	Path        = "/log/"
	EntriesPath = Path + "tile/entries/"
)

// hashSize is that of a hash, in bytes.
const hashSize = 32

// log is the transparency log and what it is made from.
type log interface {
	translog.Tiles
	LatestSigned(ctx context.Context) (latest translog.Signed, found bool, err error)
	Sealed(ctx context.Context) (int64, error)
	ReadAll(ctx context.Context, after int64, limit int) ([]eventlog.Recorded, error)
}

// Config is what the port needs.
type Config struct {
	Log log
	// Verifier is the key that the checkpoints are signed with, as text; empty
	// if it is not known.
	Verifier string
	Logger   *slog.Logger
}

// Handlers serve what is under Path.
type Handlers struct {
	// Public is for everyone. It serves no entries.
	Public http.Handler
	// Entries is for who may read events. It serves EntriesPath only.
	Entries http.Handler
}

// New returns the handlers of everything under Path.
func New(cfg Config) Handlers {
	h := &handler{cfg}
	return Handlers{Public: h, Entries: http.HandlerFunc(h.serveEntries)}
}

// handler serves what is for everyone.
type handler struct{ Config }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Path)
	path, isTile := strings.CutPrefix(name, "tile/")
	switch {
	case !reads(w, r):
	case name == "checkpoint":
		h.serveCheckpoint(w, r)
	case name == "vkey" && h.Verifier != "":
		write(w, "text/plain; charset=utf-8", "no-cache", []byte(h.Verifier+"\n"))
	case isTile:
		h.serveTile(w, r, path)
	default:
		problem.NotFound.Write(w)
	}
}

// reads answers every method that does not read.
func reads(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	problem.MethodNotAllowed.Write(w)
	return false
}

func (h *handler) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	signed, found, err := h.Log.LatestSigned(r.Context())
	switch {
	case err != nil:
		h.fail(w, r, err)
	case !found:
		problem.NotFound.With("Nothing is signed yet.").Write(w)
	default:
		write(w, "text/plain; charset=utf-8", "no-cache", signed.Note)
	}
}

func (h *handler) serveTile(w http.ResponseWriter, r *http.Request, path string) {
	t, ok := parseTile(path)
	if !ok || t.entries {
		problem.NotFound.Write(w)
		return
	}
	hashes, err := h.Log.ReadTile(r.Context(), t.level, t.number)
	switch {
	case err != nil:
		h.fail(w, r, err)
	case len(hashes) < t.width*hashSize:
		problem.NotFound.With("The log is not that long.").Write(w)
	default:
		write(w, "application/octet-stream", forGood, hashes[:t.width*hashSize])
	}
}

// serveEntries serves the entries of one tile of the lowest level, each with its
// length before it in two bytes.
func (h *handler) serveEntries(w http.ResponseWriter, r *http.Request) {
	if !reads(w, r) {
		return
	}
	t, ok := parseTile(strings.TrimPrefix(r.URL.Path, Path+"tile/"))
	if !ok {
		problem.NotFound.Write(w)
		return
	}
	sealed, err := h.Log.Sealed(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if last := t.number*fullWidth + int64(t.width); last > sealed {
		problem.NotFound.With("The log is not that long.").Write(w)
		return
	}
	events, err := h.Log.ReadAll(r.Context(), t.number*fullWidth, t.width)
	if err == nil && len(events) < t.width { // what was signed is there, and this server can't show it now
		err = eventlog.ErrUnavailable
	}
	if err != nil {
		h.fail(w, r, err)
		return
	}
	write(w, "application/octet-stream", "private, "+forGoodAge, bundle(events))
}

// bundle returns entries in the form of C2SP tlog-tiles.
func bundle(events []eventlog.Recorded) []byte {
	var b []byte
	for _, e := range events {
		entry := translog.Entry(e)
		b = binary.BigEndian.AppendUint16(b, uint16(len(entry))) // they are of a few hundred bytes
		b = append(b, entry...)
	}
	return b
}

// A tile never changes: one that is not full is another than when it is.
const (
	forGoodAge = "max-age=31536000, immutable"
	forGood    = "public, " + forGoodAge
)

func write(w http.ResponseWriter, mediaType, caching string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", caching)
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // who went away asks again
}

// fail answers what is our own fault.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	if p.Type == problem.Internal.Type && r.Context().Err() == nil {
		h.Logger.ErrorContext(r.Context(), "the transparency log can't be served", "error", err)
	}
	p.Write(w)
}
