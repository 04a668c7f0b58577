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
	err    error
}

// readAhead begins to read the page after a position. It must be stopped.
func readAhead(ctx context.Context, log pages, after int64) *ahead {
	a := &ahead{log: log}
	a.ctx, a.cancel = context.WithCancel(ctx)
	a.read(after)
	return a
}

// read begins to read the page after a position. The one before was taken.
func (a *ahead) read(after int64) {
	next := make(chan readPage, 1)
	go func() {
		events, err := a.log.ReadAll(a.ctx, after, buildPage)
		next <- readPage{events, err}
	}()
	a.next = next
}

// page returns what was read.
func (a *ahead) page() ([]eventlog.Recorded, error) {
	p := <-a.next
	a.next = nil
	return p.events, p.err
}

// stop gives up what is being read, and returns when it is.
func (a *ahead) stop() {
	a.cancel()
	if a.next != nil {
		<-a.next
		a.next = nil
	}
}
