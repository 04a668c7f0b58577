package synaps

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"dossier/application/reconcile"
)

const (
	// atOnce is the part of a minute's requests, one in so many, that may be sent
	// at once. The rest flows evenly, so that no minute has more than the budget,
	// wherever it begins: what was saved, and what flows meanwhile.
	atOnce = 10
	// maxWait bounds how long a request waits in line: who asks is told to come
	// back instead. What is slow waits for as long as it takes.
	maxWait = 30 * time.Second
	// minNap keeps a rounded wait of nothing from being repeated.
	minNap = time.Millisecond
)

// budget allows requests.
type budget struct {
	all  *rate.Limiter
	slow *rate.Limiter // what is slow may take, half of it
	kept float64       // requests that what is slow leaves to the others
}

func newBudget(perMinute int) *budget {
	burst := max(1, perMinute/atOnce)
	flow := rate.Limit(float64(max(1, perMinute-burst)) / time.Minute.Seconds())
	return &budget{
		all:  rate.NewLimiter(flow, burst),
		slow: rate.NewLimiter(flow/2, 1),
		kept: float64(burst / 2),
	}
}

// take waits until one more request may be sent. The error is an Unavailable, or
// that of an ended ctx.
func (b *budget) take(ctx context.Context, slow bool) error {
	if !slow {
		return b.reserve(ctx)
	}
	if err := b.slow.Wait(ctx); err != nil {
		return overdrawn(ctx, 0)
	}
	for {
		tokens := b.all.Tokens()
		if tokens >= b.kept+1 && b.all.Allow() {
			return nil
		}
		wait := max(minNap, time.Duration((b.kept+1-tokens)/float64(b.all.Limit())*float64(time.Second)))
		if tooLate(ctx, wait) {
			return overdrawn(ctx, wait)
		}
		if err := nap(ctx, wait); err != nil {
			return err
		}
	}
}

// reserve stands in line, unless that is too long.
func (b *budget) reserve(ctx context.Context) error {
	r := b.all.Reserve()
	wait := r.Delay()
	if wait > maxWait || tooLate(ctx, wait) {
		r.Cancel()
		return overdrawn(ctx, wait)
	}
	if err := nap(ctx, wait); err != nil {
		r.Cancel() // others may have it
		return err
	}
	return nil
}

func (b *budget) remaining() int { return max(0, int(b.all.Tokens())) }

// overdrawn is that the budget allows no request in time.
func overdrawn(ctx context.Context, wait time.Duration) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	return fmt.Errorf("%w: the budget of requests is used up", &reconcile.Unavailable{RetryAfter: (wait + time.Second - 1).Truncate(time.Second)})
}

// tooLate says that ctx will have ended after a wait.
func tooLate(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < wait
}

// nap waits; the error is that of an ended ctx.
func nap(ctx context.Context, wait time.Duration) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx)
	}
}

func interrupted(ctx context.Context) error {
	return fmt.Errorf("the question was interrupted: %w", ctx.Err())
}
