package evidence

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// Verdict is what verifying came to, in a word.
type Verdict string

// The verdicts.
const (
	// Holds: nothing was found, and the key of the log has stated the whole.
	Holds Verdict = "holds"
	// Incomplete: nothing was found, and no statement of the key says that this is
	// the whole. Events may have been left out and the rules invented, and the
	// state with them.
	Incomplete Verdict = "incomplete"
	// Fails: something was found.
	Fails Verdict = "fails"
)

// Report says what verifying came to. Its texts hold no session id.
type Report struct {
	Subject  string    `json:"subject"`
	Proved   []string  `json:"proved"`
	Unproved []string  `json:"not_proved"`
	Findings []Finding `json:"findings"`

	unstated bool // evidence of a session without a statement of the key
}

// Finding is one reason why evidence does not hold.
type Finding struct {
	Position int64  `json:"position,omitempty"` // in the log; 0 if it is about none
	Version  int64  `json:"version,omitempty"`  // in the session's history
	Text     string `json:"text"`
}

// String tells the finding, with its place.
func (f Finding) String() string {
	switch {
	case f.Position == 0:
		return f.Text
	case f.Version == 0:
		return fmt.Sprintf("position %d: %s", f.Position, f.Text)
	default:
		return fmt.Sprintf("position %d, version %d: %s", f.Position, f.Version, f.Text)
	}
}

func newReport(subject string) Report {
	return Report{Subject: subject, Proved: []string{}, Unproved: []string{}, Findings: []Finding{}}
}

// Verdict is the report in a word. What is proved is true by any of them.
func (r Report) Verdict() Verdict {
	switch {
	case len(r.Findings) > 0:
		return Fails
	case r.unstated:
		return Incomplete
	default:
		return Holds
	}
}

func (r *Report) prove(format string, args ...any) {
	r.Proved = append(r.Proved, fmt.Sprintf(format, args...))
}

func (r *Report) leave(format string, args ...any) {
	r.Unproved = append(r.Unproved, fmt.Sprintf(format, args...))
}

// maxFindings bounds a report: of a file in disorder the first ones tell.
const maxFindings = 100

func (r *Report) find(position, version int64, format string, args ...any) {
	switch n := len(r.Findings); {
	case n < maxFindings:
		r.Findings = append(r.Findings, Finding{position, version, fmt.Sprintf(format, args...)})
	case n == maxFindings:
		r.Findings = append(r.Findings, Finding{Text: fmt.Sprintf("and more: only the first %d are listed", maxFindings)})
	}
}

// unsigned says why a note is not signed by a key.
func unsigned(note, key string) string {
	named := signers(note)
	switch {
	case len(named) == 0:
		return "is not signed"
	case slices.Contains(named, keyName(key)):
		return "was changed after it was signed"
	case strings.Contains(key, "\n"):
		return "is not signed by the key of the log, or by a former one in its time, but by " + strings.Join(named, " and ")
	default:
		return "is signed by another key, " + strings.Join(named, " and ") + ", not by " + keyName(key)
	}
}

// keyName returns the name and the hash of the first verifier key, by which notes
// name it.
func keyName(key string) string {
	name, rest, _ := strings.Cut(key, "+")
	hash, _, _ := strings.Cut(rest, "+")
	return name + "+" + hash
}

// keyHash returns the hash of the key that made a signature; empty if it is
// none.
func keyHash(signature string) string {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(raw) < 5 {
		return ""
	}
	return fmt.Sprintf("%08x", binary.BigEndian.Uint32(raw))
}
