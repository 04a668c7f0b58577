package relay

import (
	"context"
	"errors"
	"time"

	"dossier/application/consumer"
	"dossier/application/eventlog"
)

const (
	firstWait = 200 * time.Millisecond
	mostWait  = 15 * time.Second
)

// backoff returns the wait after the n-th failure in a row, from 1.
func backoff(first, most time.Duration, n int) time.Duration {
	for wait := first; ; wait *= 2 {
		if n--; n < 1 || wait >= most {
			return min(wait, most)
		}
	}
}

// final says that trying again would not help.
func final(err error) bool {
	return errors.Is(err, ErrGone) || errors.Is(err, consumer.ErrLost) || errors.Is(err, consumer.ErrBeyondHead)
}

// insist tries something until it is done, and returns its error only if that is
// final, or that of ctx. An outage is logged when it begins and when it ends,
// and not in between: it may be long.
func (f *Feed) insist(ctx context.Context, what string, try func(context.Context) error) error {
	var began time.Time
	refused := false
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := try(ctx)
		switch {
		case err == nil:
			if n > 1 {
				f.Logger.Info("the relay goes on", "relay", f.Name, "after", what, "stood_still", f.now().Sub(began))
			}
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case final(err):
			return err
		case errors.Is(err, ErrRefused) && !refused:
			refused = true
			f.Logger.Error("the relay is refused, and tries again", "relay", f.Name, "attempted", what, "error", err)
		case n == 1:
			f.Logger.Warn("the relay stands still, and tries again", "relay", f.Name, "attempted", what, "error", err)
		}
		if n == 1 {
			began = f.now()
		}
		eventlog.Wait(ctx, nil, f.spread(backoff(firstWait, mostWait, n)))
	}
}
