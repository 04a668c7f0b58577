package evidence

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
)

// canonicalSum returns the SHA-256 of the canonical form of a tree, as RFC 8785
// has it: members sorted by name, no space, and only those characters escaped
// that must be. There are libraries for it in every language.
func canonicalSum(tree any) [sha256.Size]byte {
	return sha256.Sum256(appendCanonical(nil, tree))
}

// appendCanonical appends the canonical form. Names are ASCII here, so that
// their order as bytes is that of RFC 8785, and numbers are whole.
func appendCanonical(b []byte, tree any) []byte {
	switch v := tree.(type) {
	case map[string]any:
		b = append(b, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, name), ':')
			b = appendCanonical(b, v[name])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendCanonical(b, item)
		}
		return append(b, ']')
	case json.Number:
		return append(b, v...)
	case string:
		return appendText(b, v)
	default:
		return append(b, "null"...) // no format has it
	}
}

const hexDigits = "0123456789abcdef"

// appendText appends a string as RFC 8785 writes it.
func appendText(b []byte, text string) []byte {
	short := map[byte]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\'}
	b = append(b, '"')
	for i := range len(text) {
		c := text[i]
		switch letter, ok := short[c]; {
		case ok:
			b = append(b, '\\', letter)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
