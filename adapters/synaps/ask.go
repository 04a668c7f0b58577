package synaps

import (
	"context"
	"errors"
	"time"

	"dossier/application/reconcile"
)

const (
	// firstWait is before the second try of a call; each further one is twice as
	// long, up to maxBackoff.
	firstWait  = 500 * time.Millisecond
	maxBackoff = 8 * time.Second
	// maxPause is the longest Retry-After that a call waits for. A longer one is
	// passed on to the caller.
	maxPause = time.Minute
)

// question is one call of the API.
type question struct {
	call  string // for the meter
	key   string
	path  []string
	limit int64 // bytes of an answer
	// read takes an answer of status 200; its error is ErrAnswer.
	read func(contentType string, body []byte) error
}

// ask asks until there is an answer, or no use in asking. The error is
// ErrNotFound, ErrRefused, ErrAnswer, an Unavailable, or that of an ended ctx.
func (c *Client) ask(ctx context.Context, q question) error {
	for try := 1; ; try++ {
		if err := c.queue(ctx); err != nil {
			return err
		}
		err := c.send(ctx, q)
		unavailable, ok := errors.AsType[*reconcile.Unavailable](err)
		if !ok {
			c.answered(ctx)
			return err
		}
		wait := c.pause(try, unavailable.RetryAfter)
		switch {
		case try == c.tries, unavailable.RetryAfter > maxPause:
			c.down.Store(true)
			return err
		case c.down.Load(), tooLate(ctx, wait):
			return err
		}
		if err := nap(ctx, wait); err != nil {
			return err
		}
	}
}

// queue waits until the budget allows a request.
func (c *Client) queue(ctx context.Context) error {
	began := time.Now()
	err := c.budget.take(ctx, c.slow)
	c.meter.SynapsWaited(time.Since(began))
	return err
}

// answered ends what a call in vain began. An interrupted request tells nothing.
func (c *Client) answered(ctx context.Context) {
	if ctx.Err() == nil {
		c.down.Store(false)
	}
}

// pause returns how long to wait after a try: what the provider asked for, and
// then some, so that callers who were told the same do not come back together.
func (c *Client) pause(try int, asked time.Duration) time.Duration {
	wait := min(firstWait<<min(try-1, 10), maxBackoff)
	return asked + wait/2 + time.Duration(c.jitter()*float64(wait/2))
}
