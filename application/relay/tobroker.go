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
	Broker Broker
}

// Run relays until ctx ends, and then returns nil. Faults are logged and tried
// again. It returns an error only if the relay must not go on:
// [consumer.ErrBeyondHead].
func (r *ToBroker) Run(ctx context.Context) error {
	return r.run(ctx, func(ctx context.Context, at *consumer.Place) error { return r.follow(ctx, at, r.publish) })
}

// publish returns once the broker has stored a page.
func (r *ToBroker) publish(ctx context.Context, at *consumer.Place, p page) error {
	for i := range p.messages {
		p.messages[i].Relay, p.messages[i].Generation = r.Name, at.Generation()
	}
	lanes := deal(p.messages, r.lanes())
	err := r.insist(ctx, "publish", func(ctx context.Context) (err error) {
		lanes, err = r.publishLanes(ctx, lanes)
		return err
	})
	if err != nil {
		return err
	}
	return at.Move(ctx, p.through)
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
func (r *ToBroker) publishLanes(ctx context.Context, lanes [][]Message) (left [][]Message, err error) {
	failures := make([]error, len(lanes))
	var publishing sync.WaitGroup
	for i, lane := range lanes {
		publishing.Go(func() { failures[i] = r.Broker.Publish(ctx, lane) })
	}
	publishing.Wait()
	for i, failure := range failures {
		if failure == nil {
			r.Meter.Relayed(r.Name, Published, len(lanes[i]))
			continue
		}
		left = append(left, lanes[i])
		if err == nil || errors.Is(failure, ErrRefused) && !errors.Is(err, ErrRefused) {
			err = failure
		}
		if ctx.Err() == nil {
			r.Meter.Relayed(r.Name, Failed, len(lanes[i]))
		}
	}
	return left, err
}
