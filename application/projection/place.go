package projection

import "dossier/application/eventlog"

// place is up to where a projection has folded, and in which tables: what it
// keeps in memory beside them is of that place.
type place struct{ at, build int64 }

// before says whether a page is the next one, in the same tables. Positions
// have no holes: it then begins right after the place. What was folded by a
// step that failed, before another process took steps, or in tables that a
// build has replaced, is of another place.
func (p place) before(tx Tx, events []eventlog.Recorded) bool {
	return events[0].Position == p.at+1 && tx.Build() == p.build
}

// after is the place when the page is folded.
func after(tx Tx, events []eventlog.Recorded) place {
	return place{at: events[len(events)-1].Position, build: tx.Build()}
}
