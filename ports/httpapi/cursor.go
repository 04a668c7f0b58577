package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// A cursor is the base64url text, without padding, of
//
//	1 byte   the version of this form
//	8 bytes  a checksum over the list, its filter and the position
//	8 bytes  the position, big endian: the next page is below it
//
// The checksum is no secret. It refuses a cursor that was cut, mistyped, or
// made with another filter, whose pages would leave out what the caller asks
// for.
const (
	cursorVersion = 1
	cursorBytes   = 17
)

// fingerprint names a list and its filter. The quotes keep values apart.
func fingerprint(list string, filter ...string) string { return fmt.Sprintf("%q %q", list, filter) }

// cursor returns the text for the page below a position; empty for none.
func cursor(list string, below int64) string {
	if below == 0 {
		return ""
	}
	raw := append([]byte{cursorVersion}, checksum(list, below)...)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, uint64(below)))
}

// parseCursor reads a cursor of a list; an empty one is that of the first page.
func parseCursor(list, text string) (below int64, err error) {
	if text == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != cursorBytes {
		return 0, &failure{Problem: invalidCursor.With("It is none that this service made.")}
	}
	below = int64(binary.BigEndian.Uint64(raw[cursorBytes-8:]))
	// Made again, it must be the same text: that checks every part at once.
	if below <= 0 || cursor(list, below) != text {
		return 0, &failure{Problem: invalidCursor.With("It belongs to another list or filter, or was changed.")}
	}
	return below, nil
}

func checksum(list string, below int64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(list), uint64(below)))
	return sum[:8]
}
