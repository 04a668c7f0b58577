package projection

import (
	"context"

	"dossier/application/eventlog"
)

// ahead reads the page after the one that is being folded: to read and decode
// it takes about as long.
type ahead struct {
	ctx    context.Context
	cancel context.CancelFunc
	log    pages
	next   chan readPage // holds one; nil while nothing is read
}

type readPage struct {
	events []eventlog.Recorded
	full   bool // more may follow
	err    error
}

// readAhead begins to read the page after a position. It must be stopped.
func readAhead(ctx context.Context, log pages, after int64, limit int) *ahead {
	a := &ahead{log: log}
	a.ctx, a.cancel = context.WithCancel(ctx)
	a.read(after, limit)
	return a
}

// read begins to read the page after a position. The one before was taken.
func (a *ahead) read(after int64, limit int) {
	next := make(chan readPage, 1)
	go func() {
		events, err := a.log.ReadAll(a.ctx, after, limit)
		next <- readPage{events, len(events) == limit, err}
	}()
	a.next = next
}

// page returns what was read, and whether the page was full.
func (a *ahead) page() (events []eventlog.Recorded, full bool, err error) {
	p := <-a.next
	a.next = nil
	return p.events, p.full, p.err
}

// stop gives up what is being read, and returns when it is.
func (a *ahead) stop() {
	a.cancel()
	if a.next != nil {
		<-a.next
		a.next = nil
	}
}
