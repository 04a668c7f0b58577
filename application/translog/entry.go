package translog

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dossier/application/eventlog"
)

// entryFormat is the first field of every entry. Another form would get another
// name, and could never be taken for this one.
const entryFormat = "dossier/event/v1"

// Entry returns the canonical form of a stored event, the bytes that its leaf is
// the hash of: each field with its length before it, so that no two events have
// the same form. Of data and metadata it holds the SHA-256 of the exact stored
// bytes, for the tiles of C2SP have room for 65,535 bytes an entry only, and a
// webhook may be longer.
//
// It depends on what is stored alone, never on what it means.
func Entry(e eventlog.Recorded) []byte {
	data, metadata := sha256.Sum256([]byte(e.Data)), sha256.Sum256([]byte(e.Metadata))
	key := e.Stream.Key()
	b := make([]byte, 0, 192+len(key)+len(e.Type))
	b = appendField(b, entryFormat)
	b = appendNumber(b, e.Position)
	b = appendField(b, e.EventID)
	b = appendField(b, key)
	b = appendNumber(b, e.Version)
	b = appendField(b, e.Type)
	b = appendField(b, data[:])
	b = appendField(b, metadata[:])
	return appendNumber(b, micros(e.RecordedAt))
}

// Leaf returns the hash of an event's leaf, as RFC 6962 hashes one.
func Leaf(e eventlog.Recorded) tlog.Hash { return tlog.RecordHash(Entry(e)) }

// appendField appends the length of a field as 4 bytes, the most significant
// first, and the field.
func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field)))
	return append(b, field...)
}

// appendNumber appends a field of 8 bytes, the most significant first.
func appendNumber(b []byte, n int64) []byte {
	b = binary.BigEndian.AppendUint32(b, 8)
	return binary.BigEndian.AppendUint64(b, uint64(n))
}

// micros is the stored form of a time.
func micros(t time.Time) int64 { return t.UnixMicro() }
