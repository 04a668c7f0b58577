// Package traffic sends the webhooks of a seed from several clients to several
// servers, as a relay would, and keeps what was answered.
//
// A delivery is sent with the same id and the same bytes until it is
// acknowledged. Some are sent to two servers at once, some once more long after
// they were acknowledged, and some must be refused. What is sent follows from
// the seed; when, and in which order, depends on the answers.
package traffic

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Config is what to send, and where to.
type Config struct {
	Seed    uint64
	Clients int
	Rate    float64  // new deliveries a second
	Servers []string // base URLs
	Secret  string   // of the webhooks of the default app
	File    string   // where every attempt is recorded
}

// Traffic is a run of the clients.
type Traffic struct {
	config Config
	record *recording
	sender *sender

	stop    chan struct{} // no further deliveries
	cancel  context.CancelFunc
	ended   sync.WaitGroup
	mu      sync.Mutex
	missing []string
}

// Start begins to send. It ends by Drain, or with ctx.
func Start(ctx context.Context, c Config) (*Traffic, error) {
	record, err := newRecording(c.File)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &Traffic{
		config: c, record: record, sender: newSender(c.Servers, record, c.Clients), stop: make(chan struct{}), cancel: cancel,
	}
	var queues []chan delivery
	for i := range c.Clients {
		one := &client{
			number: i, sender: t.sender, queue: make(chan delivery, 4),
			rng: rand.New(rand.NewPCG(c.Seed, uint64(i)+100)),
		}
		queues = append(queues, one.queue)
		t.ended.Go(func() { t.note(one.run(ctx)) })
	}
	t.ended.Go(func() { t.feed(ctx, queues) })
	return t, nil
}

// feed gives each client the deliveries of its sessions, at the rate. A client
// that has enough in hand makes all wait, so that a long outage does not end in
// a flood.
func (t *Traffic) feed(ctx context.Context, queues []chan delivery) {
	defer func() {
		for _, q := range queues {
			close(q)
		}
	}()
	ticker := time.NewTicker(time.Duration(float64(time.Second) / t.config.Rate))
	defer ticker.Stop()
	for d := range plan(t.config.Seed, t.config.Secret) {
		select {
		case <-ticker.C:
		case <-t.stop:
			return
		case <-ctx.Done():
			return
		}
		select {
		case queues[d.session%len(queues)] <- d:
		case <-t.stop:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (t *Traffic) note(missing []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.missing = append(t.missing, missing...)
}

// AwaitService returns when a server has acknowledged a further webhook.
func (t *Traffic) AwaitService(ctx context.Context, server int) error {
	before, advanced := t.record.acknowledged(server)
	for {
		select {
		case <-advanced:
		case <-ctx.Done():
			return ctx.Err()
		}
		now, next := t.record.acknowledged(server)
		if now > before {
			return nil
		}
		advanced = next
	}
}

// GiveUp ends a Drain before all was acknowledged.
func (t *Traffic) GiveUp() { t.cancel() }

// Drain sends nothing new and returns when all was acknowledged, or GiveUp was
// called. Then nothing is under way, and the recording is complete.
func (t *Traffic) Drain() error {
	close(t.stop)
	t.ended.Wait()
	t.cancel()
	t.sender.close()
	return t.record.close()
}

// Attempts returns all that were made, in the order of their answers.
func (t *Traffic) Attempts() []Attempt { return t.record.attempts() }

// Missing returns the ids of the deliveries that were never acknowledged. It is
// valid after Drain.
func (t *Traffic) Missing() []string { return t.missing }

// Silence returns the longest time without an acknowledgement.
func (t *Traffic) Silence() time.Duration { return t.record.silence() }
