package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// BundleFormat names the format of a bundle.
const BundleFormat = "dossier-evidence/v1"

// Bundle is the evidence of one session. The package comment documents each
// field.
type Bundle struct {
	Format     string   `json:"format"`
	Program    string   `json:"program"`
	ExportedAt string   `json:"exported_at"`
	App        string   `json:"app"`
	SessionID  string   `json:"session_id"`
	Rules      Rules    `json:"rules"`
	Session    Session  `json:"session"`
	Events     []Proven `json:"events"`
	Machine    Machine  `json:"machine"`
	Checkpoint string   `json:"checkpoint"`
	Statement  string   `json:"statement"`
}

// Proven is an event with the proof that the tree of the checkpoint holds it.
type Proven struct {
	Event
	Proof []string `json:"proof"`
}

// String says of which app it is.
func (b Bundle) String() string { return "evidence of " + b.stream().String() }

// GoString is String.
func (b Bundle) GoString() string { return b.String() }

func (b Bundle) stream() eventlog.Stream {
	return eventlog.Stream{App: kyc.App(b.App), Session: kyc.SessionID(b.SessionID)}
}

// Encode returns the file of a bundle: indented, for people read it, too.
func (b Bundle) Encode() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(b); err != nil {
		panic(err) // plain data always has a JSON form
	}
	return text.Bytes()
}

// ParseBundle reads the file of a bundle. The errors are ErrTruncated,
// ErrMalformed and ErrFormat. That it is well formed says nothing of whether
// it holds.
func ParseBundle(text []byte) (Bundle, error) {
	var b Bundle
	if err := decode(text, BundleFormat, &b); err != nil {
		return Bundle{}, err
	}
	if err := b.wellFormed(); err != nil {
		return Bundle{}, err
	}
	return b, nil
}

// wellFormed checks what the types can't say.
func (b Bundle) wellFormed() error {
	if _, err := time.Parse(stampForm, b.ExportedAt); err != nil {
		return fmt.Errorf("%w: exported_at is not a time", ErrMalformed)
	}
	if _, err := kyc.ParseApp(b.App); err != nil || b.SessionID == "" {
		return fmt.Errorf("%w: app and session_id name no session", ErrMalformed)
	}
	if _, ok := b.Rules.rules(); !ok {
		return fmt.Errorf("%w: rules.pinned_kind is no kind", ErrMalformed)
	}
	if len(b.Events) == 0 {
		return fmt.Errorf("%w: it has no events", ErrMalformed)
	}
	for i, e := range b.Events {
		if _, err := hashes(e.Proof, fmt.Sprintf("events[%d].proof", i)); err != nil {
			return err
		}
	}
	return nil
}

// proof is the proof of an event, which is well formed.
func (p Proven) proof() tlog.RecordProof {
	all, _ := hashes(p.Proof, "")
	return all
}

// sum returns the SHA-256 of the canonical form of all but the statement.
func (b Bundle) sum() [32]byte {
	tree, err := parse(b.Encode())
	if err != nil {
		panic(err) // it was just encoded
	}
	members := tree.(map[string]any)
	delete(members, "statement")
	return canonicalSum(members)
}
