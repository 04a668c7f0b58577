package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/translog"
)

// LogFormat names the format of an export of the log.
const LogFormat = "dossier-log/v1"

// The files of an export of the log.
const (
	LinesFile    = "events.jsonl"
	ManifestFile = "manifest.json"
)

// Manifest is what verifies the lines of an export of the log. It holds nothing
// that can't be verified. The package comment documents each field.
type Manifest struct {
	Format      string   `json:"format"`
	From        int64    `json:"from"`
	To          int64    `json:"to"`
	Count       int64    `json:"count"`
	Bytes       int64    `json:"bytes"`
	SHA256      string   `json:"sha256"`
	Frontier    []string `json:"frontier"`
	Consistency []string `json:"consistency"`
	Checkpoint  string   `json:"checkpoint"`
}

// line is one line of an export of the log: an event and its leaf, by which a
// changed line is found.
type line struct {
	Event
	Leaf string `json:"leaf"`
}

// Encode returns the file of a manifest.
func (m Manifest) Encode() []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(m); err != nil {
		panic(err) // plain data always has a JSON form
	}
	return text.Bytes()
}

// ParseManifest reads the file of a manifest. The errors are ErrTruncated,
// ErrMalformed and ErrFormat.
func ParseManifest(text []byte) (Manifest, error) {
	var m Manifest
	if err := decode(text, LogFormat, &m); err != nil {
		return Manifest{}, err
	}
	return m, m.wellFormed()
}

func (m Manifest) wellFormed() error {
	if m.From < 1 || m.To < m.From || m.To > math.MaxInt64/4 || m.Count != m.To-m.From+1 || m.Bytes < 1 {
		return fmt.Errorf("%w: from, to, count and bytes don't fit together", ErrMalformed)
	}
	if sum, err := hex.DecodeString(m.SHA256); err != nil || len(sum) != tlog.HashSize || hex.EncodeToString(sum) != m.SHA256 {
		return fmt.Errorf("%w: sha256 is none", ErrMalformed)
	}
	if _, err := hashes(m.Consistency, "consistency"); err != nil {
		return err
	}
	_, err := m.frontier()
	return err
}

// frontier returns that of the events before the first.
func (m Manifest) frontier() (translog.Edge, error) {
	roots, err := hashes(m.Frontier, "frontier")
	if err != nil {
		return translog.Edge{}, err
	}
	edge, err := translog.NewEdge(m.From-1, roots)
	if err != nil {
		return edge, fmt.Errorf("%w: the frontier: %w", ErrMalformed, err)
	}
	return edge, nil
}

// appendLine appends the line of an event.
func appendLine(b *bytes.Buffer, e Event, leaf tlog.Hash) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line{e, base64.StdEncoding.EncodeToString(leaf[:])}); err != nil {
		panic(err) // plain data always has a JSON form
	}
}
