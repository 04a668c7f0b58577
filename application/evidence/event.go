package evidence

import (
	"encoding/base64"
	"fmt"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/application/translog"
	"dossier/domain/kyc"
)

// Event is one event of the log, exactly as it is stored.
type Event struct {
	Position   int64  `json:"position"`
	EventID    string `json:"event_id"`
	App        string `json:"app"`
	SessionID  string `json:"session_id"`
	Version    int64  `json:"version"`
	Type       string `json:"type"`
	RecordedAt int64  `json:"recorded_at"` // microseconds since 1970 UTC
	Data       string `json:"data"`        // the exact text
	Metadata   string `json:"metadata"`    // the exact text
}

// eventOf copies an event. It fails for text that JSON would change, which an
// append never lets in.
func eventOf(r eventlog.Recorded) (Event, error) {
	e := Event{
		Position: r.Position, EventID: r.EventID, App: string(r.Stream.App), SessionID: string(r.Stream.Session),
		Version: r.Version, Type: r.Type, RecordedAt: r.RecordedAt.UnixMicro(), Data: r.Data, Metadata: r.Metadata,
	}
	for _, text := range []string{e.EventID, e.App, e.SessionID, e.Type, e.Data, e.Metadata} {
		if !utf8.ValidString(text) {
			return Event{}, fmt.Errorf("%w: position %d holds invalid UTF-8", ErrAltered, e.Position)
		}
	}
	return e, nil
}

// recorded is the event as the log has it, not decoded.
func (e Event) recorded() eventlog.Recorded {
	return eventlog.Recorded{
		Position: e.Position, EventID: e.EventID, Stream: e.stream(), Version: e.Version, Type: e.Type,
		Data: e.Data, Metadata: e.Metadata, RecordedAt: time.UnixMicro(e.RecordedAt).UTC(),
	}
}

func (e Event) stream() eventlog.Stream {
	return eventlog.Stream{App: kyc.App(e.App), Session: kyc.SessionID(e.SessionID)}
}

// leaf is the hash that stands for the event in the tree.
func (e Event) leaf() tlog.Hash { return translog.Leaf(e.recorded()) }

// String names the event and nothing of its content.
func (e Event) String() string { return fmt.Sprintf("event %d of %s", e.Position, e.stream()) }

// GoString is String.
func (e Event) GoString() string { return e.String() }

// encoded returns hashes as text.
func encoded[P ~[]tlog.Hash](hashes P) []string {
	texts := make([]string, len(hashes))
	for i, h := range hashes {
		texts[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	return texts
}

// hashes reads what encoded wrote. The error is ErrMalformed.
func hashes(texts []string, place string) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != text {
			return nil, fmt.Errorf("%w: %s[%d] is not a hash", ErrMalformed, place, i)
		}
		all[i] = tlog.Hash(raw)
	}
	return all, nil
}
