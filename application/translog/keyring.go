package translog

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ErrReplaced: the key of the log was replaced, so that this one signs nothing
// any more.
var ErrReplaced = errors.New("the key of the log was replaced: start this server anew with the new key")

// VerifierSetting names the setting of a store that holds the verifier keys of its
// log: all who share the database sign with the same key, or not at all.
const VerifierSetting = "log_verifier"

// untilWord stands between a former key and how many events it may have signed.
const untilWord = " until "

// A keyring is what is trusted to sign a log: its key, and the keys that were
// replaced, each with how many events its checkpoints may cover at most. As text
// it is a line for each, the log's own key first:
//
//	dossier-9a7b3c11+1d0c22e4+AaBbCc...
//	dossier-67c43bc9+8c41f9d0+AxYzAb... until 1216
type keyring []trusted

type trusted struct {
	note.Verifier
	former bool
	until  int64 // of a former key
}

// parseKeyring reads one or more lines. The error is ErrKey.
func parseKeyring(text string) (keyring, error) {
	var ring keyring
	for line := range strings.Lines(strings.TrimSpace(text)) {
		key, until, former := strings.Cut(strings.TrimSpace(line), untilWord)
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, ErrKey
		}
		t := trusted{Verifier: v, former: former}
		if former {
			if t.until, err = strconv.ParseInt(until, 10, 64); err != nil || t.until < 0 {
				return nil, ErrKey
			}
		}
		ring = append(ring, t)
	}
	if len(ring) == 0 {
		return nil, ErrKey
	}
	return ring, nil
}

// open returns the text of a note that one of the keys has signed.
func (r keyring) open(signed []byte) (text string, err error) {
	known := make([]note.Verifier, len(r))
	for i, t := range r {
		known[i] = t
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return "", ErrSignature // the error of the package repeats the note
	}
	return n.Text, nil
}

// openCheckpoint returns a checkpoint that is signed by the key whose name is its
// origin, while that was the log's.
func (r keyring) openCheckpoint(signed []byte) (Checkpoint, error) {
	ofLog := ErrSignature
	for _, t := range r {
		text, err := keyring{t}.open(signed)
		if err != nil {
			continue
		}
		c, err := ParseCheckpoint(text)
		switch {
		case err != nil:
			return c, err
		case c.Origin != t.Name():
			ofLog = fmt.Errorf("%w: it is of another log", ErrSignature)
		case t.former && c.Size > t.until:
			ofLog = fmt.Errorf("%w: the key was replaced at %d events", ErrSignature, t.until)
		default:
			return c, nil
		}
	}
	return Checkpoint{}, ofLog
}

// lost returns the keyring by which a checkpoint of lost events is judged: a former
// key was replaced because of the loss, at fewer events than it had signed.
func (r keyring) lost() keyring {
	all := slices.Clone(r)
	for i := range all {
		all[i].until = math.MaxInt64
	}
	return all
}

// CurrentVerifier returns the log's own key of a text with its former keys.
func CurrentVerifier(verifiers string) string {
	line, _, _ := strings.Cut(verifiers, "\n")
	return line
}

// ReplaceVerifier makes a key that of a log, in the text of its keys. The key
// before may have signed checkpoints of up to so many events.
func ReplaceVerifier(verifiers, next string, until int64) string {
	current, former, found := strings.Cut(verifiers, "\n")
	text := next + "\n" + current + untilWord + strconv.FormatInt(until, 10)
	if found {
		text += "\n" + former
	}
	return text
}
