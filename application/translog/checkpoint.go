package translog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrMalformed: a text is not a checkpoint.
var ErrMalformed = errors.New("malformed checkpoint")

// Checkpoint commits to the first Size events of a log.
type Checkpoint struct {
	// Origin names the log, and is the name of the key that signs it.
	Origin string
	// Size is how many events the tree holds: those at the positions 1 to Size.
	Size int64
	Root tlog.Hash
}

// Text returns what is signed, in the form of C2SP tlog-checkpoint.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// ParseCheckpoint reads the text of a checkpoint. Lines after the third are
// extensions, which are passed over, as C2SP tlog-checkpoint says. The error is
// ErrMalformed.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || lines[0] == "" {
		return Checkpoint{}, fmt.Errorf("%w: three lines are expected", ErrMalformed)
	}
	c := Checkpoint{Origin: lines[0]}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: the second line is not a size", ErrMalformed)
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	// The decoder passes over line ends within.
	if err != nil || len(root) != tlog.HashSize || base64.StdEncoding.EncodeToString(root) != lines[2] {
		return Checkpoint{}, fmt.Errorf("%w: the third line is not a hash", ErrMalformed)
	}
	c.Size = size
	copy(c.Root[:], root)
	return c, nil
}

// Unverified reads the checkpoint of a signed note and passes over who signed
// it. The error is ErrMalformed.
func Unverified(note []byte) (Checkpoint, error) {
	text, _, found := strings.Cut(string(note), "\n\n")
	if !found {
		return Checkpoint{}, fmt.Errorf("%w: it has no signature", ErrMalformed)
	}
	return ParseCheckpoint(text + "\n")
}
