package query

import (
	"context"
	"fmt"
	"time"

	"dossier/application/eventlog"
)

// Fresh is what a caller has already seen and wants an answer to contain.
type Fresh struct {
	MinPosition int64         // 0: whatever there is
	Wait        time.Duration // how long to wait for it
}

// StaleError says that an answer would not contain what the caller has seen.
type StaleError struct {
	Have, Want int64 // positions
}

// Error gives both positions.
func (e *StaleError) Error() string {
	return fmt.Sprintf("the read model has position %d, not yet %d", e.Have, e.Want)
}

// recheck is how often a waiting query looks again without being woken: the
// process that projects may be another one.
const recheck = 25 * time.Millisecond

// await returns the position that a source has, once it is what the caller
// wants. When the caller's patience ends first it returns a *StaleError.
func await(ctx context.Context, f Fresh, position func(context.Context) (int64, error), moved eventlog.Signal) (int64, error) {
	deadline := time.NewTimer(f.Wait)
	defer deadline.Stop()
	for {
		changed := moved.Changed() // before looking, so that no move is missed
		have, err := position(ctx)
		if err != nil || have >= f.MinPosition {
			return have, err
		}
		again := time.NewTimer(recheck)
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-deadline.C:
			err = &StaleError{Have: have, Want: f.MinPosition}
		case <-changed:
		case <-again.C:
		}
		again.Stop()
		if err != nil {
			return have, err
		}
	}
}
