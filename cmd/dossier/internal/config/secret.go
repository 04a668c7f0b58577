package config

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Secret is text that is never printed. Two secrets of the same text are equal
// by ==. The zero value is the empty text.
type Secret struct {
	// A handle is a pointer, which fmt prints as an address. Formatted as a
	// private field of another struct, where fmt calls no method, a secret
	// would show its text if it held a string.
	text unique.Handle[string]
}

// NewSecret hides a text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// Reveal returns the text. Each call of it is a place to look at in a review.
func (s Secret) Reveal() string {
	if s == (Secret{}) {
		return ""
	}
	return s.text.Value()
}

// Format prints a placeholder for every verb.
func (Secret) Format(f fmt.State, _ rune) { writePlaceholder(f) }

// String returns a placeholder.
func (Secret) String() string { return redacted }

// LogValue returns a placeholder.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns a placeholder, so that JSON and YAML hold no more.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func writePlaceholder(w io.Writer) {
	// fmt has no way to report that its own writer failed.
	_, _ = io.WriteString(w, redacted)
}
