package translog

import (
	"bytes"
	"regexp"
	"strings"
)

// Kept returns a signed text as it was signed, from one that a mail program or an
// editor has kept: with other ends of lines, spaces behind them, a byte order mark,
// empty lines around it, a last one too few or too many, or a signature over
// several lines. What else was changed stays so, and its signature does not fit: no
// text can become one that was not signed.
func Kept(text []byte) []byte {
	text = lineEnds.ReplaceAll(text, []byte("\n"))
	text = bytes.TrimLeft(text, "\ufeff\n")
	text = bytes.TrimRight(text, " \t\n")
	signed, signatures, found := strings.Cut(string(emptyLines.ReplaceAll(text, []byte("\n\n"))), "\n\n")
	if !found {
		return []byte(signed + "\n")
	}
	return []byte(signed + "\n\n" + unwrapped(signatures) + "\n")
}

var (
	lineEnds   = regexp.MustCompile(`[ \t]*(?:\r\n|\r|\n)`)
	emptyLines = regexp.MustCompile(`\n{3,}`)
)

// unwrapped joins the lines of each signature: a dash, the name of its key, and what
// the key made.
func unwrapped(signatures string) string {
	var all []string
	for line := range strings.SplitSeq(signatures, "\n") {
		n := len(all)
		switch {
		case line == "":
		case n == 0 || strings.HasPrefix(line, dash) || !strings.HasPrefix(all[n-1], dash):
			all = append(all, line)
		case strings.Count(all[n-1], " ") == 1: // the break was the space behind the name
			all[n-1] += " " + line
		default:
			all[n-1] += line
		}
	}
	return strings.Join(all, "\n")
}

// dash begins a signature.
const dash = "— "
