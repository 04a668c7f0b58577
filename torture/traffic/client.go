package traffic

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// client sends the deliveries of its sessions, one request after another, and
// again what was not acknowledged: meanwhile it goes on with others, so that
// what comes late comes in another order.
type client struct {
	number int
	rng    *rand.Rand
	sender *sender
	queue  chan delivery
	again  []planned // what is to be sent once more
	twins  sync.WaitGroup
}

// planned is a delivery that is due at a time.
type planned struct {
	delivery
	due   time.Time
	tries int
	why   string
}

const (
	mostWaiting  = 64 // deliveries that a client has in hand; then it takes no new ones
	firstBackoff = 100 * time.Millisecond
	longBackoff  = 2 * time.Second
	impatience   = 700 * time.Millisecond // the limit of one attempt in thirty
)

// run sends until the queue is closed and all is acknowledged, or ctx ends; it
// returns what was not acknowledged by then.
func (c *client) run(ctx context.Context) []string {
	defer c.twins.Wait()
	queue := c.queue
	for queue != nil || len(c.again) > 0 {
		fresh := queue
		if len(c.again) >= mostWaiting {
			fresh = nil
		}
		timer, due := c.next()
		select {
		case <-ctx.Done():
			timer.Stop()
			return c.unanswered()
		case d, open := <-fresh:
			if !open {
				queue = nil
				break
			}
			c.begin(ctx, d)
		case <-timer.C:
			c.repeat(ctx, due)
		}
		timer.Stop()
	}
	return nil
}

// next returns a timer for what is due first, and its place.
func (c *client) next() (*time.Timer, int) {
	const never = time.Hour
	wait, first := never, -1
	for i, p := range c.again {
		if left := time.Until(p.due); left < wait {
			wait, first = left, i
		}
	}
	return time.NewTimer(max(0, wait)), first
}

func (c *client) begin(ctx context.Context, d delivery) {
	if c.rng.IntN(30) == 0 && !d.refused {
		c.twin(ctx, d)
	}
	c.attempt(ctx, planned{delivery: d, why: "first"})
}

// twin sends a delivery at the same time to another server, as two workers of a
// relay would.
func (c *client) twin(ctx context.Context, d delivery) {
	server := (c.home() + 1) % len(c.sender.servers)
	c.twins.Go(func() { c.sender.send(ctx, d, server, "twin", relayTimeout) })
}

func (c *client) home() int { return c.number % len(c.sender.servers) }

func (c *client) repeat(ctx context.Context, i int) {
	if i < 0 {
		return
	}
	p := c.again[i]
	c.again = append(c.again[:i], c.again[i+1:]...)
	c.attempt(ctx, p)
}

func (c *client) attempt(ctx context.Context, p planned) {
	limit := relayTimeout
	if c.rng.IntN(30) == 0 {
		limit = impatience
	}
	// A client comes home after a failure elsewhere, so that every server is asked.
	server := (c.home() + p.tries) % len(c.sender.servers)
	a := c.sender.send(ctx, p.delivery, server, p.why, limit)
	switch {
	case p.refused:
		return
	case a.Standing == Acknowledged && p.why != "late":
		if c.rng.IntN(50) == 0 {
			p.why, p.tries = "late", 0
			c.plan(p, time.Duration(c.rng.IntN(10_000))*time.Millisecond)
		}
	case a.Standing == Acknowledged:
	default:
		p.tries++
		if p.why == "first" {
			p.why = "retry"
		}
		backoff := min(firstBackoff<<min(p.tries, 10), longBackoff)
		c.plan(p, backoff/2+time.Duration(c.rng.Int64N(int64(backoff))))
	}
}

func (c *client) plan(p planned, after time.Duration) {
	p.due = time.Now().Add(after)
	c.again = append(c.again, p)
}

func (c *client) unanswered() (ids []string) {
	for _, p := range c.again {
		if p.why != "late" {
			ids = append(ids, p.eventID)
		}
	}
	return ids
}
