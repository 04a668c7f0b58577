package problem

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// private stands in a log where something was that may not be logged.
const private = "[private]"

// credential is the least length, in bytes, of what [Redact] cuts out: shorter
// texts are no secrets, and would be found in ordinary words.
const credential = 8

// Redact cuts out of a text for the log what a call was given in confidence,
// plain or quoted, where it stands by itself. It is the second line: the
// adapters keep what they were given out of their errors.
func Redact(text string, given ...string) string {
	for _, secret := range given {
		if len(secret) < credential {
			continue
		}
		quoted := strconv.Quote(secret)
		text = cut(cut(text, secret), quoted[1:len(quoted)-1])
	}
	return text
}

// cut replaces a secret that is not a part of a longer word.
func cut(text, secret string) string {
	var kept strings.Builder
	for {
		i := strings.Index(text, secret)
		if i < 0 {
			return kept.String() + text
		}
		end := i + len(secret)
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[end:])
		kept.WriteString(text[:i])
		if inWord(before) || inWord(after) {
			kept.WriteString(secret)
		} else {
			kept.WriteString(private)
		}
		text = text[end:]
	}
}

// inWord says whether a word goes on with a rune.
func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// PanicText is what the log says of the value of a panic: the text of a mistake
// that the runtime found, and else no more than the value's type, for the text
// may hold anything.
func PanicText(value any) string {
	if fault, ok := value.(runtime.Error); ok {
		return "panic: " + fault.Error()
	}
	return fmt.Sprintf("panic: a value of type %T", value)
}
