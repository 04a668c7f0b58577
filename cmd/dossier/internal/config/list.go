package config

import (
	"strings"

	"dossier/domain/kyc"
)

// entry is one member of a list.
type entry struct {
	number int // from 1: reports name entries by it
	text   string
}

// entries splits a list. Blank lines of a file are no entries, and a line may
// end with a comma; any other empty entry is a fault, for it is what an unset
// variable leaves behind.
func (v value) entries(n *notes) []entry {
	var found []entry
	number := 0
	for _, line := range v.lines() {
		for text := range strings.SplitSeq(line, ",") {
			number++
			if text = strings.TrimSpace(text); text == "" {
				n.faultIn(number, "nothing between the commas")
				continue
			}
			found = append(found, entry{number, text})
		}
	}
	return found
}

func (v value) lines() []string {
	if !v.byLine {
		return []string{v.text}
	}
	var lines []string
	for line := range strings.Lines(v.text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.TrimSuffix(line, ","))
		}
	}
	return lines
}

// ruled is an entry app=value, whose value is understood.
type ruled[T any] struct {
	app   kyc.App
	entry int
	value T
}

// assignments splits a list of app=value at the first = of each entry, and
// understands the values. An entry with a fault is left out.
func assignments[T any](v value, form string, n *notes, parse func(entry, *notes) (T, bool)) []ruled[T] {
	var found []ruled[T]
	for _, e := range v.entries(n) {
		name, text, ok := strings.Cut(e.text, "=")
		if !ok {
			n.faultIn(e.number, form+" is expected")
			continue
		}
		app, err := kyc.ParseApp(strings.TrimSpace(name))
		if err != nil { // whose text repeats the app
			n.faultIn(e.number, "an app of 1 to 40 characters from a-z, 0-9 and - is expected before the =")
		}
		val, ok := parse(entry{e.number, strings.TrimSpace(text)}, n)
		if ok && err == nil {
			found = append(found, ruled[T]{app, e.number, val})
		}
	}
	return found
}
