package metrics

import (
	"regexp"
	"sync"
)

// mostLabels is how many texts from outside become labels of a metric, and
// otherLabel stands for all others.
const (
	mostLabels = 20
	otherLabel = "other"
)

// word is what becomes a label: no digits, so that no id is taken for one.
var word = regexp.MustCompile(`^[A-Za-z]+([_ -][A-Za-z]+)*$`)

// longestWord bounds it, in bytes.
const longestWord = 40

// labels bounds the texts from outside that become labels of a metric. The zero
// value is ready to use, and safe for concurrent use.
type labels struct {
	mu   sync.Mutex
	seen map[string]bool
}

// of returns the label of a text: itself, if it is a word and among the first, else
// "other".
func (l *labels) of(text string) string {
	if len(text) > longestWord || !word.MatchString(text) {
		return otherLabel
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.seen[text] && len(l.seen) == mostLabels {
		return otherLabel
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[text] = true
	return text
}
