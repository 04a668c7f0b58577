package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"github.com/lib/pq/oid"

	"dossier/adapters/sqlstore"
)

// arrays returns each column as an array in PostgreSQL's binary form, which
// needs no quoting on one side and no parsing on the other: JSON in the text
// form is mostly quotes. lib/pq sends bytes as they are (binary_parameters).
//
// The form is that of array_recv in PostgreSQL's arrayfuncs.c: dimensions,
// whether there are nulls, the type of the elements, then for the one dimension
// its length and lower bound, then each element with its length, all 32 bits.
func arrays(columns ...sqlstore.Column) []any {
	args := make([]any, len(columns))
	for i, column := range columns {
		switch c := column.(type) {
		case sqlstore.Ints:
			args[i] = intArray(c)
		case sqlstore.Texts:
			args[i] = varyingArray(oid.T_text, c)
		case sqlstore.UUIDs:
			args[i] = uuidArray(c)
		case sqlstore.Blobs:
			args[i] = varyingArray(oid.T_bytea, c)
		}
	}
	return args
}

func arrayHeader(element oid.Oid, n, bytes int) []byte {
	b := make([]byte, 0, 20+bytes)
	dimensions := uint32(1)
	if n == 0 {
		dimensions = 0
	}
	b = binary.BigEndian.AppendUint32(b, dimensions)
	b = binary.BigEndian.AppendUint32(b, 0) // no nulls
	b = binary.BigEndian.AppendUint32(b, uint32(element))
	if n > 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = binary.BigEndian.AppendUint32(b, 1) // lower bound
	}
	return b
}

func intArray(column []int64) []byte {
	b := arrayHeader(oid.T_int8, len(column), 12*len(column))
	for _, v := range column {
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// varyingArray is an array of elements of any length.
func varyingArray[E string | []byte](element oid.Oid, column []E) []byte {
	size := 0
	for _, v := range column {
		size += 4 + len(v)
	}
	b := arrayHeader(element, len(column), size)
	for _, v := range column {
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	return b
}

func uuidArray(column []string) []byte {
	b := arrayHeader(oid.T_uuid, len(column), 20*len(column))
	for _, v := range column {
		// What is no UUID gets a length that PostgreSQL refuses.
		raw, _ := hex.DecodeString(strings.ReplaceAll(v, "-", ""))
		b = binary.BigEndian.AppendUint32(b, uint32(len(raw)))
		b = append(b, raw...)
	}
	return b
}
