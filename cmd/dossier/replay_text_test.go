package main

import (
	goflag "flag" // a flag is something else here
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = goflag.Bool("update", false, "write the golden files anew")

// varying is what differs from run to run.
var varying = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z|folded in .*`)

// checkGolden compares a text with a golden file, but for what varies.
func checkGolden(t *testing.T, name, text string) {
	t.Helper()
	text = varying.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "folded") {
			return "folded in ..."
		}
		return "2026-01-01T00:00:00.000000Z"
	})
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s has\n%s\nprinted was\n%s", path, want, text)
	}
}

func TestAStoryIsReadableOnATerminal(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		eventfulLife(serve(t, databaseURL).client)
		checkGolden(t, "replay-story.txt", must(t, databaseURL, "replay", "--session="+person))
		checkGolden(t, "replay-log.txt", must(t, databaseURL, "replay"))
	})
}

// What came from outside must not reach the terminal as a command to it.
func TestForeignTextCannotDriveTheTerminal(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 🙂":         "plain é 🙂",
		"\x1b[31mred":       `\x1b[31mred`,
		"one\r\ntwo\tthree": `one\r\ntwo\tthree`,
		"\u202eesrever":     `\u202eesrever`,
		"\u009b1m":          `\u009b1m`,
		"\u2028\x00":        `\u2028\x00`,
	} {
		if got := printable(text); got != want {
			t.Errorf("%q is printed as %q, want %q", text, got, want)
		}
	}
}

func TestLongTextsAreBrokenAndNothingIsLost(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"short":                   "  name      short\n",
		"a " + long('b', 83):      "  name      a\n            " + long('b', 83) + "\n",
		long('b', 90):             "  name      " + long('b', 84) + "\n            bbbbbb\n",
		long('b', 80) + " cdefgh": "  name      " + long('b', 80) + "\n            cdefgh\n",
	} {
		var b strings.Builder
		entry(&b, "name", text)
		if b.String() != want {
			t.Errorf("%q is printed as\n%s, want\n%s", text, b.String(), want)
		}
	}
}

func long(c byte, n int) string { return strings.Repeat(string(c), n) }
