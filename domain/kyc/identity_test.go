package kyc_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"dossier/domain/kyc"
)

func TestSessionIDNeverPrints(t *testing.T) {
	const secret = "2ac3f7ab-3729-f968-3f55-aa47e881"
	id := kyc.SessionID(secret)
	type holder struct {
		App kyc.App
		ID  kyc.SessionID
	}
	for name, value := range map[string]any{
		"alone":              id,
		"in a struct":        holder{kyc.DefaultApp, id},
		"behind a pointer":   &holder{kyc.DefaultApp, id},
		"in a slice":         []kyc.SessionID{id},
		"as a key":           map[kyc.SessionID]int{id: 1},
		"as a value":         map[string]kyc.SessionID{"id": id},
		"in an error":        fmt.Errorf("load %s: %w", id, errors.New("gone")),
		"in a nested struct": struct{ Inner holder }{holder{kyc.DefaultApp, id}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X"} {
			text := fmt.Sprintf(verb, value)
			if leaks(text, secret) {
				t.Errorf("%s, %s prints the id: %s", name, verb, text)
			}
		}
		if text := fmt.Sprint(value); leaks(text, secret) {
			t.Errorf("%s, Sprint prints the id: %s", name, text)
		}
	}
}

// leaks finds a secret as it is, and as hexadecimal digits.
func leaks(text, secret string) bool {
	digits := fmt.Sprintf("%x", secret)
	return strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), digits)
}

func TestSessionIDIsNeverLogged(t *testing.T) {
	const secret = "2ac3f7ab-3729-f968-3f55-aa47e881"
	var lines bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&lines, nil), slog.NewTextHandler(&lines, nil)} {
		slog.New(handler).With("held", kyc.SessionID(secret)).
			Info("received", "id", kyc.SessionID(secret), slog.Group("session", "id", kyc.SessionID(secret)))
	}
	if leaks(lines.String(), secret) {
		t.Errorf("the log has the id:\n%s", &lines)
	}
	same(t, "placeholders", strings.Count(lines.String(), "[session]"), 6)
}

func TestSessionIDIsTakenOutOnPurpose(t *testing.T) {
	same(t, "id", string(kyc.SessionID("s-1")), "s-1")
}

func TestAppIsASlug(t *testing.T) {
	for _, text := range []string{"default", "a", "0", "-", "app-2", strings.Repeat("a", 40)} {
		app, err := kyc.ParseApp(text)
		if err != nil || app != kyc.App(text) {
			t.Errorf("%q: %q, %v", text, app, err)
		}
	}
	for _, text := range []string{
		"", "A", "Default", "a b", "a/b", "a_b", "é", "a\n", "\na", "a.b", strings.Repeat("a", 41),
	} {
		if app, err := kyc.ParseApp(text); err == nil || app != "" {
			t.Errorf("%q: %q, %v; want an error", text, app, err)
		}
	}
	same(t, "default", kyc.DefaultApp, kyc.App("default"))
}
