package httpapi

import (
	"strconv"
	"strings"
	"testing"
)

// Whatever a client sends as the id, it is either a place in its one form or
// refused.
func FuzzLastEventID(f *testing.F) {
	for _, text := range []string{"", "0", "12", "-0", "+1", "012", " 1", "1e3", "9223372036854775807", "9223372036854775808", "١٢", "0x1",
		"12:019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", "12:", "12:x", "0:019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", "1:019C13E5-2B40-7C11-9A3F-5D0C7E6B8A90"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseLastEventID(text)
		again := strconv.FormatInt(at.Position, 10)
		if at.EventID != "" {
			again += ":" + at.EventID
		}
		if err == nil && (at.Position < 0 || again != text) {
			t.Errorf("%q is read as %+v", text, at)
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
