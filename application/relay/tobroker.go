package relay

import (
	"context"
	"errors"
	"sync"

	"dossier/application/consumer"
)

// ToBroker relays to a broker.
type ToBroker struct {
	Feed
	// Connect reaches the broker. It is called only while the relay holds its
	// place, so that a broker that was never reached has a lag that can be seen, and
	// a place to go on from. It is called until it succeeds; its errors are logged,
	// as those of [Broker].
	Connect func(context.Context) (Connection, error)
}

// Run relays until ctx ends, and then returns nil. Faults are logged and tried
// again. It returns an error only if the relay must not go on:
// [consumer.ErrBeyondHead].
func (r *ToBroker) Run(ctx context.Context) error {
	p := &publisher{ToBroker: r}
	defer p.close()
	return r.run(ctx, func(ctx context.Context, at *consumer.Place) error {
		if err := p.connect(ctx); err != nil {
			return err
		}
		return r.follow(ctx, at, p.publish)
	})
}

// publisher is a relay with its broker.
type publisher struct {
	*ToBroker
	broker Connection // nil until it is reached
}

// connect returns once the broker is reached. A connection outlives the place: a
// relay that lost it may get it again.
func (p *publisher) connect(ctx context.Context) error {
	if p.broker != nil {
		return nil
	}
	err := p.insist(ctx, "reach its broker", func(ctx context.Context) (err error) {
		p.broker, err = p.Connect(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, hazard := range p.broker.Hazards() {
		p.Logger.Warn("the broker's settings may lose or double what it acknowledges", "relay", p.Name, "setting", hazard)
	}
	return nil
}

func (p *publisher) close() {
	if p.broker == nil {
		return
	}
	if err := p.broker.Close(); err != nil {
		p.Logger.Debug("close the broker", "relay", p.Name, "error", err)
	}
}

// publish returns once the broker has stored a page.
func (p *publisher) publish(ctx context.Context, at *consumer.Place, read page) error {
	for i := range read.messages {
		read.messages[i].Relay, read.messages[i].Generation = p.Name, at.Generation()
	}
	lanes := deal(read.messages, p.lanes())
	err := p.insist(ctx, "publish", func(ctx context.Context) (err error) {
		lanes, err = p.publishLanes(ctx, lanes)
		return err
	})
	if err != nil {
		return err
	}
	return at.Move(ctx, read.through)
}

// deal deals messages onto lanes, each session onto one.
func deal(messages []Message, lanes int) [][]Message {
	dealt := make([][]Message, 0, lanes)
	laneOf := make(map[string]int, len(messages))
	for _, m := range messages {
		lane, known := laneOf[m.Key]
		if !known {
			lane = len(laneOf) % lanes
			laneOf[m.Key] = lane
		}
		if lane == len(dealt) {
			dealt = append(dealt, nil)
		}
		dealt[lane] = append(dealt[lane], m)
	}
	return dealt
}

// publishLanes publishes lanes side by side, and returns those that failed, with
// the error that says most.
func (p *publisher) publishLanes(ctx context.Context, lanes [][]Message) (left [][]Message, err error) {
	failures := make([]error, len(lanes))
	var publishing sync.WaitGroup
	for i, lane := range lanes {
		publishing.Go(func() { failures[i] = p.broker.Publish(ctx, lane) })
	}
	publishing.Wait()
	for i, failure := range failures {
		if failure == nil {
			p.Meter.Relayed(p.Name, Published, len(lanes[i]))
			continue
		}
		left = append(left, lanes[i])
		if err == nil || errors.Is(failure, ErrRefused) && !errors.Is(err, ErrRefused) {
			err = failure
		}
		if ctx.Err() == nil {
			p.Meter.Relayed(p.Name, Failed, len(lanes[i]))
		}
	}
	return left, err
}
