package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ReadRelayed returns what a relay stored in a stream of JetStream, in the
// stream's order.
func ReadRelayed(ctx context.Context, js jetstream.JetStream, name string) (all []Sight, err error) {
	const page, most = 1000, time.Second
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("read the broker: %w", err)
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return nil, fmt.Errorf("read the broker: %w", err)
	}
	for held := stream.CachedInfo().State.Msgs; uint64(len(all)) < held && ctx.Err() == nil; {
		batch, err := consumer.Fetch(int(min(page, held-uint64(len(all)))), jetstream.FetchMaxWait(most))
		if err != nil {
			return nil, fmt.Errorf("read the broker: %w", err)
		}
		for m := range batch.Messages() {
			one, err := readCloudEvent(m.Data())
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, ctx.Err()
}

var errNotOurs = errors.New("the broker holds what no relay wrote")

func readCloudEvent(data []byte) (Sight, error) {
	var event struct {
		ID       string `json:"id"`
		Sequence string `json:"sequence"`
	}
	if err := json.Unmarshal(data, &event); err != nil {
		return Sight{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	position, err := strconv.ParseInt(event.Sequence, 10, 64)
	if err != nil {
		return Sight{}, fmt.Errorf("%w: %w", errNotOurs, err)
	}
	return Sight{position, event.ID}, nil
}
