package storetest

import (
	"context"
	"fmt"
	"sync"

	"dossier/application/eventlog"
)

// gate stops an append before its commit. The zero value lets everything pass.
type gate struct {
	mu      sync.Mutex
	reached chan struct{} // closed by the append that stops; nil unless one is awaited
	opened  chan struct{} // closed when it may go on; nil while open
}

// close lets the next append stop, and returns what is closed when it does.
func (g *gate) close() (reached <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reached, g.opened = make(chan struct{}), make(chan struct{})
	return g.reached
}

// open lets everything pass.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.reached, g.opened = nil, nil
	}
}

// pass is Options.BeforeCommit.
func (g *gate) pass() {
	g.mu.Lock()
	reached, opened := g.reached, g.opened
	g.reached = nil
	g.mu.Unlock()
	if reached != nil {
		close(reached)
	}
	if opened != nil {
		<-opened
	}
}

// freeze starts an append and returns when it stands before its commit. It goes
// on when the store's gate opens.
func (s *running) freeze(ctx context.Context, r eventlog.Request) (*inFlight, error) {
	reached := s.gate.close()
	frozen, err := s.start(ctx, r)
	if err != nil {
		return nil, err
	}
	select {
	case <-reached:
		return frozen, nil
	case <-frozen.answered:
		return nil, fmt.Errorf("an append was answered before its commit: %+v, %w", frozen.receipt, frozen.err)
	case <-ctx.Done():
		return nil, fmt.Errorf("an append did not come to its commit: %w", ctx.Err())
	}
}
