package consumer

import (
	"context"
	"errors"
	"time"

	"dossier/application/eventlog"
)

const (
	firstWait = 200 * time.Millisecond
	mostWait  = 15 * time.Second
)

// Backoff returns the wait after the n-th failure in a row, from 1: twice as long
// each time.
func Backoff(first, most time.Duration, n int) time.Duration {
	for wait := first; ; wait *= 2 {
		if n--; n < 1 || wait >= most {
			return min(wait, most)
		}
	}
}

// final says that trying again would not help.
func (k *Keeper) final(err error) bool {
	return errors.Is(err, ErrLost) || errors.Is(err, ErrBeyondHead) || k.Final != nil && k.Final(err)
}

func (k *Keeper) refused(err error) bool { return k.Refused != nil && k.Refused(err) }

// Insist tries something until it is done, and returns its error only if that is
// final, or that of ctx. An outage is logged when it begins and when it ends,
// and not in between: it may be long.
func (k *Keeper) Insist(ctx context.Context, what string, try func(context.Context) error) error {
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
				k.Logger.Info("the "+k.What+" goes on", "after", what, "stood_still", k.now().Sub(began))
			}
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case k.final(err):
			return err
		case k.refused(err) && !refused:
			refused = true
			k.Logger.Error("the "+k.What+" is refused, and tries again", "attempted", what, "error", err)
		case n == 1:
			k.Logger.Warn("the "+k.What+" stands still, and tries again", "attempted", what, "error", err)
		}
		if n == 1 {
			began = k.now()
		}
		eventlog.Wait(ctx, nil, k.Spread(Backoff(firstWait, mostWait, n)))
	}
}
