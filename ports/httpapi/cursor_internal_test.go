package httpapi

import (
	"math"
	"testing"
)

func TestACursorIsReadBack(t *testing.T) {
	list := fingerprint("sessions", "default", "")
	for _, below := range []int64{0, 1, 255, 1 << 40, math.MaxInt64} {
		got, err := parseCursor(list, cursor(list, below))
		if err != nil || got != below {
			t.Errorf("%d was read as %d, %v", below, got, err)
		}
	}
}

// The form is kept: a cursor outlives the process that made it.
func TestTheFormOfACursorIsStable(t *testing.T) {
	if got, want := cursor(fingerprint("flags", "open"), 12), "AR1uqKRKroyeAAAAAAAAAAw"; got != want {
		t.Errorf("cursor %s, want %s", got, want)
	}
}

func TestFingerprintsKeepValuesApart(t *testing.T) {
	seen := map[string]bool{}
	for _, filter := range [][]string{{"a", "b"}, {"a b"}, {"a", "b", ""}, {"", "a", "b"}, {`a" "b`}, {"ab"}, {}} {
		seen[fingerprint("sessions", filter...)] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d fingerprints of 7 filters", len(seen))
	}
}

// FuzzCursor reads any text: it is refused, or it is the very text that a
// cursor is written as.
func FuzzCursor(f *testing.F) {
	list := fingerprint("sessions", "default")
	f.Add(cursor(list, 1))
	f.Add(cursor(list, math.MaxInt64))
	f.Add(cursor("other", 5))
	f.Add(cursor(list, 1) + "\n")
	f.Add("")
	f.Add("AAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		below, err := parseCursor(list, text)
		if err == nil && (below < 0 || cursor(list, below) != text) {
			t.Errorf("%q was read as %d", text, below)
		}
		if other, err := parseCursor(list+"x", text); err == nil && text != "" {
			t.Errorf("%q was read as %d of another list", text, other)
		}
	})
}
