package verdict

import (
	"fmt"

	"dossier/torture/witness"
)

// How often a witness may see an event.
type often bool

const (
	exactlyOnce often = true
	atLeastOnce often = false
)

// inOrder checks that a witness saw each event of the log, as it is in the log,
// the first time in the order of positions.
func inOrder(name string, seen []witness.Sight, log []Event, how often) Check {
	c := Check{Name: name, Looked: len(seen)}
	fault := func(format string, args ...any) { c.Faults = append(c.Faults, fmt.Sprintf(format, args...)) }
	next := int64(1)
	for _, s := range seen {
		switch {
		case s.Position < 1 || s.Position > int64(len(log)):
			fault("it saw position %d, which the log does not have", s.Position)
		case log[s.Position-1].EventID != s.EventID:
			fault("it saw another event at position %d", s.Position)
		case s.Position > next:
			fault("it saw position %d where %d was next", s.Position, next)
			next = s.Position + 1
		case s.Position == next:
			next++
		case how == exactlyOnce:
			fault("it saw position %d again", s.Position)
		}
	}
	if next <= int64(len(log)) {
		fault("it saw nothing behind position %d of %d", next-1, len(log))
	}
	return c
}
