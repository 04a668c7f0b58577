package codec_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"dossier/adapters/codec"
)

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{"", `"`, `\`, "a\\\"b", "\x00\x01\x1f \x7f", "\u2028\u2029", "é🙂", "</script>", odd} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("it is refused before it comes here")
		}
		encoded := codec.AppendString([]byte("before"), text)
		var got string
		if err := json.Unmarshal(encoded[len("before"):], &got); err != nil || got != text {
			t.Errorf("%q was stored as %s and read as %q, %v", text, encoded, got, err)
		}
	})
}

// What need not be escaped is stored as it is: the log is read by people too.
func TestOnlyWhatMustBeIsEscaped(t *testing.T) {
	const plain = "<a href='x'>&amp; é 🙂 \u2028 \x7f/"
	if got := string(codec.AppendString(nil, plain)); strings.Trim(got, `"`) != plain {
		t.Errorf("%q is stored as %s", plain, got)
	}
}
