package projection

import "dossier/application/eventlog"

// place is up to where a projection has folded, and in which tables: what it
// keeps in memory beside them is of that place.
type place struct {
	at, build int64
	id        string // of the event at it
}

// before says whether a page is the next one, in the same tables. Positions
// have no holes: it then begins right after the place. What was folded by a
// step that failed, before another process took steps, or in tables that a
// build has replaced, is of another place. So is what was folded of a history that
// a failover has replaced.
func (p place) before(tx Tx, events []eventlog.Recorded) bool {
	return events[0].Position == p.at+1 && tx.Build() == p.build && (tx.Before() == "" || tx.Before() == p.id)
}

// after is the place when the page is folded.
func after(tx Tx, events []eventlog.Recorded) place {
	last := events[len(events)-1]
	return place{at: last.Position, build: tx.Build(), id: last.EventID}
}
