package consumer

import (
	"context"
	"sync"
)

// Both runs two parts of a work until both have returned. The first error ends
// the other part and is returned; that of an ended ctx is its cause. A part that
// returns nil has nothing to do, and ends nothing.
func Both(ctx context.Context, one, other func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var running sync.WaitGroup
	for _, run := range []func(context.Context) error{one, other} {
		running.Go(func() {
			if err := run(ctx); err != nil {
				stop(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}
