package audit

import (
	"dossier/application/eventlog"
)

// MaxReported is how many findings of one check are reported; the others are
// only counted.
const MaxReported = 1000

// Finding is one place where the store is not what it must be.
type Finding struct {
	Check Check
	// Position is where it is in the log; 0 if it has no place there. Last is
	// the end of a range of positions; 0 for a single one.
	Position, Last int64
	Stream         eventlog.Stream // zero if it is of no one stream
	Version        int64           // within the stream; 0 if it has none
	Expected       string
	Found          string
}

// Summary is what a whole check went through.
type Summary struct {
	Head        int64 // the last position when the check began
	Events      int64 // that were there, up to the head
	Streams     int64
	Deliveries  int64
	Checkpoints int64 // of the transparency log
	// Findings are how many there are of each check, also of those that were not
	// reported any more.
	Findings map[Check]int64
}

// Total is how many findings there are.
func (s Summary) Total() (n int64) {
	for _, count := range s.Findings {
		n += count
	}
	return n
}
