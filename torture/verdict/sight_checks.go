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

// bySession checks what a relay promises: each event at least once, and those of
// a session in order, the first time.
func bySession(name string, seen []witness.Sight, log []Event) Check {
	c := Check{Name: name, Looked: len(seen)}
	fault := func(format string, args ...any) { c.Faults = append(c.Faults, fmt.Sprintf(format, args...)) }
	reached, known := map[string]int64{}, map[int64]bool{}
	for _, s := range seen {
		if s.Position < 1 || s.Position > int64(len(log)) || log[s.Position-1].EventID != s.EventID {
			fault("it has an event at position %d that the log does not have there", s.Position)
			continue
		}
		e := log[s.Position-1]
		if !known[s.Position] && e.Version != reached[e.Stream]+1 {
			fault("position %d, version %d of its session, came behind version %d", e.Position, e.Version, reached[e.Stream])
		}
		if !known[s.Position] {
			known[s.Position], reached[e.Stream] = true, e.Version
		}
	}
	for _, e := range log {
		if !known[e.Position] {
			fault("position %d is not there", e.Position)
		}
	}
	return c
}

// atLast checks what is left of an order when a failover has lost events: a
// witness may have seen what is gone, but it has seen all that is there.
func atLast(name string, seen []witness.Sight, log []Event) Check {
	c := Check{Name: name, Looked: len(seen)}
	known := map[string]bool{}
	for _, s := range seen {
		known[s.EventID] = true
	}
	for _, e := range log {
		if !known[e.EventID] {
			c.Faults = append(c.Faults, fmt.Sprintf("it never saw position %d", e.Position))
		}
	}
	return c
}
