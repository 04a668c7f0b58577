package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// statementFormat is the first line of a statement. A checkpoint has the name
// of the log there and a number below it, so that none can be taken for the
// other, though one key signs both.
const statementFormat = "dossier/evidence/v1"

// statement is what the log's key signs about a bundle: at that size of the
// tree the stream had so many events, which are those of the bundle, and all
// the rest of the bundle is as the signer wrote it.
type statement struct {
	stream  [sha256.Size]byte // of the stream's key
	events  int
	size    int64
	content [sha256.Size]byte // of the canonical bundle
}

// statementOf returns the statement that fits a bundle.
func statementOf(b Bundle, size int64) statement {
	return statement{sha256.Sum256([]byte(b.stream().Key())), len(b.Events), size, b.sum()}
}

// text returns what is signed.
func (s statement) text() string {
	return fmt.Sprintf("%s\nstream %s\nevents %d\nsize %d\ncontent %s\n", statementFormat,
		hex.EncodeToString(s.stream[:]), s.events, s.size, hex.EncodeToString(s.content[:]))
}

var errStatement = errors.New("it is no statement about evidence")

// parseStatement reads the text of a statement.
func parseStatement(text string) (statement, error) {
	var s statement
	var stream, content string
	// What Sscanf is lenient about, the comparison is not.
	_, err := fmt.Sscanf(text, statementFormat+"\nstream %64s\nevents %d\nsize %d\ncontent %64s\n", &stream, &s.events, &s.size, &content)
	if err != nil {
		return statement{}, errStatement
	}
	for _, sum := range []struct {
		text string
		into *[sha256.Size]byte
	}{{stream, &s.stream}, {content, &s.content}} {
		raw, err := hex.DecodeString(sum.text)
		if err != nil || len(raw) != sha256.Size {
			return statement{}, errStatement
		}
		copy(sum.into[:], raw)
	}
	if s.text() != text {
		return statement{}, errStatement
	}
	return s, nil
}

// differences says what of a statement does not fit a bundle.
func (s statement) differences(fits statement) (all []string) {
	if s.stream != fits.stream {
		all = append(all, "the statement is about another session")
	}
	if s.size != fits.size {
		all = append(all, fmt.Sprintf("the statement was made for a checkpoint of %d events, not for this one of %d", s.size, fits.size))
	}
	switch {
	case s.events > fits.events:
		all = append(all, fmt.Sprintf("the statement says that the session had %d events, the file has %d: %s removed", s.events, fits.events, were(s.events-fits.events)))
	case s.events < fits.events:
		all = append(all, fmt.Sprintf("the statement says that the session had %d events, the file has %d: %s added", s.events, fits.events, were(fits.events-s.events)))
	}
	if len(all) == 0 && s.content != fits.content {
		all = append(all, "the statement is about another content: the events, their proofs, the state, its rules, the machine's table, the time or the program was changed")
	}
	return all
}

func were(n int) string {
	if n == 1 {
		return "1 event was"
	}
	return fmt.Sprintf("%d events were", n)
}

// signers describes the keys that a signed note names, as name+hash.
func signers(note string) []string {
	_, lines, found := strings.Cut(note, "\n\n")
	var names []string
	for line := range strings.Lines(lines) {
		fields := strings.Fields(strings.TrimSuffix(line, "\n"))
		if len(fields) != 3 || fields[0] != "—" {
			continue
		}
		if hash := keyHash(fields[2]); found && hash != "" && len(fields[1]) < 100 {
			names = append(names, fields[1]+"+"+hash)
		}
	}
	return names
}
