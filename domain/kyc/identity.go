package kyc

import (
	"fmt"
	"regexp"
)

// App is the slug of one application of the provider, `[a-z0-9-]{1,40}`.
type App string

// DefaultApp is the app of an installation that has only one.
const DefaultApp App = "default"

var slug = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// ParseApp reads a slug. The error says which form a slug has.
func ParseApp(text string) (App, error) {
	if !slug.MatchString(text) {
		return "", fmt.Errorf("app %q: a slug of 1 to 40 characters from a-z, 0-9 and - is expected", text)
	}
	return App(text), nil
}

// SessionID names a session at its provider. It is opaque text and a
// credential: with it the person's verification page opens. Formatting one
// prints a placeholder, so that it cannot slip into a log line or an error;
// take it out on purpose with string(id).
type SessionID string

const redacted = "[session]"

// String returns a placeholder, never the id.
func (SessionID) String() string { return redacted }

// GoString returns a placeholder, never the id.
func (SessionID) GoString() string { return redacted }

// MarshalText returns a placeholder, never the id: log/slog and encoding/json
// ask neither String nor GoString.
func (SessionID) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// StepID names a step within its session. Empty means the session itself.
type StepID string
