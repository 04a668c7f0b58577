package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/relay"
)

// window is how long JetStream remembers message ids in a stream that we make.
const window = 2 * time.Minute

// ensureStream makes the stream unless it is there, and checks that it takes
// what will be published. It returns its settings.
func (b *Broker) ensureStream(ctx context.Context) (jetstream.StreamConfig, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	start := time.Now()
	stream, err := b.js.Stream(ctx, b.to.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = b.js.CreateStream(ctx, jetstream.StreamConfig{
			Name:        b.to.Stream,
			Description: "events of Dossier",
			Subjects:    []string{b.to.subjects()},
			Storage:     jetstream.FileStorage,
			Replicas:    b.to.Replicas,
			Duplicates:  window,
		})
	}
	if errors.Is(err, nats.ErrNoResponders) {
		err = jetstream.ErrJetStreamNotEnabled // by no server that can be reached
	}
	if err != nil {
		return jetstream.StreamConfig{}, fmt.Errorf("stream %s: %w", b.to.Stream, b.explain(err, start))
	}
	found := stream.CachedInfo()
	return found.Config, b.checkStream(found)
}

// checkStream refuses a stream in which nothing can be published, or nothing be
// known to be stored.
func (b *Broker) checkStream(found *jetstream.StreamInfo) error {
	c := found.Config
	switch {
	case !slices.ContainsFunc(c.Subjects, func(pattern string) bool { return covers(pattern, b.to.subjects()) }):
		return fmt.Errorf("stream %s does not take the subjects %s: %w", c.Name, b.to.subjects(), relay.ErrRefused)
	case c.NoAck:
		return fmt.Errorf("stream %s acknowledges nothing: %w", c.Name, relay.ErrRefused)
	case c.Retention == jetstream.InterestPolicy && found.State.Consumers == 0:
		return fmt.Errorf("stream %s stores nothing (its retention is interest, and it has no consumer): %w", c.Name, relay.ErrRefused)
	}
	return nil
}

// covers reports whether a pattern matches all that another, which ends in ">",
// matches.
func covers(pattern, other string) bool {
	have, want := strings.Split(pattern, "."), strings.Split(other, ".")
	for i, token := range have {
		switch {
		case token == ">":
			return i < len(want)
		case i >= len(want) || want[i] == ">", token != "*" && token != want[i]:
			return false
		}
	}
	return false
}
