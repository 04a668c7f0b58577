package evidence

import (
	"strings"
	"testing"
)

// The strings are those of RFC 8785, section 3.2.3 and appendix B.
func TestTheCanonicalFormIsThatOfRFC8785(t *testing.T) {
	for in, want := range map[string]string{
		`{ "b" : [ 56, {"d":1,"c":2} ], "a":"" }`:           `{"a":"","b":[56,{"c":2,"d":1}]}`,
		`{"peach":"1","péché":"2","sin":"4"}`:               `{"peach":"1","péché":"2","sin":"4"}`,
		`["\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"]`: `["€$\u000f\nA'B\"\\\\\"/"]`,
		`["\b\f\t\r\u2028<>&` + "\u007f" + `"]`:             `["\b\f\t\r` + "\u2028<>&\u007f" + `"]`,
	} {
		tree, err := parse([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(appendCanonical(nil, tree)); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestHalfPairsAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		`"\ud83d\ude00"`: false, `"\\ud83d"`: false, `"\ud83d"`: true, `"\ude00"`: true, `"\ud83dx\ude00"`: true,
		`"\ud83d\n"`: true, `"\ud83d\ud83d\ude00"`: true, `"é\u00e9"`: false, `"\u00e9\ude00"`: true, `\ud83d`: true, `\u12`: false,
	} {
		if got := halfPair([]byte(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

// One statement has one text.
func TestStatementsAreReadStrictly(t *testing.T) {
	s := statement{events: 5, size: 17, stream: [32]byte{1}, content: [32]byte{2}}
	text := s.text()
	if got, err := parseStatement(text); err != nil || got != s {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, other := range []string{
		"", text[1:], text + "\n", text + "more\n", strings.Replace(text, "events 5", "events 05", 1),
		strings.Replace(text, "events 5", "events  5", 1), strings.ToUpper(text), strings.Replace(text, "size 17", "size +17", 1),
		strings.Replace(text, "stream 01", "stream 0", 1), strings.ReplaceAll(text, "\n", " "),
	} {
		if got, err := parseStatement(other); err == nil {
			t.Errorf("%q is read as %+v", other, got)
		}
	}
}
