package codec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// plain reads the JSON that Encode writes for nearly all events: one object of
// texts without escapes, whole numbers and true, under names that are known. It
// gives up on anything else, which is then left to encoding/json: what it does
// read it must read as that would, so it need not be complete. A replay of the
// whole log spends most of its time here.
type plain struct {
	text string
	at   int
}

// readPlain says whether it read all of a text into a form. If not, the form
// holds a part.
func readPlain(text string, into form) bool {
	p := plain{text: text}
	if !p.take('{') {
		return false
	}
	if p.take('}') {
		return p.at == len(text)
	}
	for {
		name, ok := p.quoted()
		if !ok || !p.take(':') || !into.read(&p, name) {
			return false
		}
		if p.take('}') {
			return p.at == len(text)
		}
		if !p.take(',') {
			return false
		}
	}
}

func (p *plain) take(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// quoted reads a string without escapes, as a part of the text.
func (p *plain) quoted() (string, bool) {
	if !p.take('"') {
		return "", false
	}
	ascii := true
	for i := p.at; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			s := p.text[p.at:i]
			p.at = i + 1
			return s, ascii || utf8.ValidString(s)
		case c == '\\' || c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// free reads a text that outlives the event: a copy, so that the session which
// keeps it does not keep the whole text around it.
func (p *plain) free(into *string) bool {
	s, ok := p.quoted()
	*into = strings.Clone(s)
	return ok
}

// word reads the name of one of a closed set, which is looked up and dropped.
func (p *plain) word(into *string) (ok bool) {
	*into, ok = p.quoted()
	return ok
}

// longest is how many digits surely fit into 64 bits.
const longest = 18

// number reads a whole number without a sign.
func (p *plain) number(into *int64) bool {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	digits := p.text[start:p.at]
	if digits == "" || len(digits) > longest || digits[0] == '0' && len(digits) > 1 {
		return false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	*into = n
	return err == nil
}

// flag reads true.
func (p *plain) flag(into *bool) bool {
	*into = strings.HasPrefix(p.text[p.at:], "true")
	p.at += len("true")
	return *into
}
