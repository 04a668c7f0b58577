package httpapi

import (
	"strconv"
	"strings"
	"testing"
)

// Whatever a client sends as the id, it is either a position in its one form or
// refused.
func FuzzLastEventID(f *testing.F) {
	for _, text := range []string{"", "0", "12", "-0", "+1", "012", " 1", "1e3", "9223372036854775807", "9223372036854775808", "١٢", "0x1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		position, err := parseLastEventID(text)
		if err == nil && (position < 0 || strconv.FormatInt(position, 10) != text) {
			t.Errorf("%q is read as %d", text, position)
		}
		if err != nil && len(text) > 3 && strings.Contains(err.Error(), text) && !strings.Contains(errLastEventID.Error(), text) {
			t.Errorf("the error repeats %q: %v", text, err)
		}
	})
}

// Whatever is accepted, the weights decide and nothing panics.
func FuzzAccept(f *testing.F) {
	for _, text := range []string{"", "text/event-stream", "text/event-stream;q=0", "*/*;q=nan", ";;,,q=", "text/event-stream;q=2;q=0.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if wantsStream([]string{accept}) && !strings.Contains(strings.ToLower(accept), eventStreamType) {
			t.Errorf("%q gets a stream", accept)
		}
	})
}
