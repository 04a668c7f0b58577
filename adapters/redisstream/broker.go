package redisstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	wredis "github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/redis/go-redis/v9"

	"dossier/application/relay"
)

const (
	// silence is how long a server may take for an answer.
	silence = 5 * time.Second
	// connections are as many as the relay has lanes: an entry waits for its
	// answer, and holds one meanwhile.
	connections = 32
)

// Broker adds to one stream. It implements [relay.Connection].
type Broker struct {
	stream    string
	hazards   []string // of the server as it was found
	client    *redis.Client
	publisher *wredis.Publisher
}

// Open connects. The error is [relay.ErrRefused] if the server will not have us
// or if the stream's key holds something else; any other means that the server
// cannot be reached now.
func Open(ctx context.Context, to Target) (*Broker, error) {
	client := redis.NewClient(optionsOf(to))
	if err := check(ctx, client, to.Name); err != nil {
		client.Close()
		return nil, fmt.Errorf("connect to Redis: %w", classify(err))
	}
	publisher, err := wredis.NewPublisher(wredis.PublisherConfig{
		Client: client, Marshaller: marshaller{}, DefaultMaxlen: int64(to.MaxLen),
	}, nil)
	if err != nil {
		client.Close()
		return nil, fmt.Errorf("connect to Redis: %w", err)
	}
	return &Broker{stream: to.Name, hazards: hazards(ctx, client), client: client, publisher: publisher}, nil
}

// check asks for the type of the stream's key, which needs a login and the
// right to read it.
func check(ctx context.Context, client *redis.Client, stream string) error {
	kind, err := client.Type(ctx, stream).Result()
	if err != nil {
		return err
	}
	if kind != "stream" && kind != "none" {
		return fmt.Errorf("%w: the key %s holds a %s, not a stream", relay.ErrRefused, stream, kind)
	}
	return nil
}

func optionsOf(to Target) *redis.Options {
	o := &redis.Options{
		Addr: to.Hosts[0], Username: to.User, Password: to.Password, DB: to.DB,
		Protocol: 2, DisableIdentity: true,
		DialTimeout: silence, ReadTimeout: silence, WriteTimeout: silence, ContextTimeoutEnabled: true,
		// What may have been added is the relay's to add again.
		MaxRetries: -1,
		PoolSize:   connections,
	}
	if to.TLS {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}

// Publish implements [relay.Broker].
func (b *Broker) Publish(ctx context.Context, messages []relay.Message) error {
	for _, m := range messages {
		if err := b.publisher.Publish(b.stream, wrap(ctx, m)); err != nil {
			return fmt.Errorf("publish event %d to Redis: %w", m.Event.Position, classify(err))
		}
	}
	return nil
}

// Hazards implements [relay.Connection].
func (b *Broker) Hazards() []string { return b.hazards }

// Close ends the connections, and with them what is being published. The
// library's publisher has nothing else to close, and reads without a lock
// whether it is closed.
func (b *Broker) Close() error {
	if err := b.client.Close(); !errors.Is(err, redis.ErrClosed) {
		return err
	}
	return nil
}

// Fields of an entry that are metadata of the message.
const (
	eventType    = "type"
	app          = "app"
	partitionKey = "partitionkey"
)

// wrap makes a Watermill message.
func wrap(ctx context.Context, m relay.Message) *message.Message {
	wrapped := message.NewMessage(m.Event.EventID, m.Body)
	wrapped.Metadata = message.Metadata{
		eventType: m.Event.Type, app: string(m.Event.Stream.App), partitionKey: m.Key,
	}
	wrapped.SetContext(ctx)
	return wrapped
}

// marshaller writes fields that every client can read: the library's own packs
// the metadata in a form of its own.
type marshaller struct{}

// Marshal implements the library's Marshaller.
func (marshaller) Marshal(_ string, m *message.Message) (map[string]any, error) {
	fields := map[string]any{
		"id":                 m.UUID,
		"payload":            []byte(m.Payload),
		wredis.UUIDHeaderKey: m.UUID,
	}
	for name, value := range m.Metadata {
		fields[name] = value
	}
	return fields, nil
}
