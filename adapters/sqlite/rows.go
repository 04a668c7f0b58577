package sqlite

import (
	"encoding/hex"
	"strconv"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
)

// rows returns columns of one length as one JSON array of rows. Bytes are in
// hexadecimal.
func rows(columns ...sqlstore.Column) []any {
	n := 0
	for _, column := range columns {
		n = max(n, length(column))
	}
	b := make([]byte, 0, 64*n*len(columns)+2)
	b = append(b, '[')
	for row := range n {
		if row > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for i, column := range columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, column, row)
		}
		b = append(b, ']')
	}
	return []any{string(append(b, ']'))}
}

func length(column sqlstore.Column) int {
	switch c := column.(type) {
	case sqlstore.Ints:
		return len(c)
	case sqlstore.Texts:
		return len(c)
	case sqlstore.UUIDs:
		return len(c)
	case sqlstore.Blobs:
		return len(c)
	default:
		return 0
	}
}

func appendValue(b []byte, column sqlstore.Column, row int) []byte {
	switch c := column.(type) {
	case sqlstore.Ints:
		return strconv.AppendInt(b, c[row], 10)
	case sqlstore.Texts:
		return codec.AppendString(b, c[row])
	case sqlstore.UUIDs:
		return codec.AppendString(b, c[row])
	case sqlstore.Blobs:
		b = append(b, '"')
		b = hex.AppendEncode(b, c[row])
		return append(b, '"')
	default:
		return append(b, "null"...)
	}
}
