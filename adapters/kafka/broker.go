package kafka

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	wkafka "github.com/ThreeDotsLabs/watermill-kafka/v3/pkg/kafka"
	"github.com/ThreeDotsLabs/watermill/message"

	"dossier/adapters/cloudevents"
	"dossier/application/relay"
)

// Bounds of one exchange with a broker, of which a message that can't be
// published takes several before it is an error: a minute, if packets vanish.
const (
	silence = 5 * time.Second
	backoff = 100 * time.Millisecond
	retries = 3
)

// Broker publishes to one topic. It implements [relay.Connection].
type Broker struct {
	topic     string
	hazards   []string // of the topic as it was found
	publisher *wkafka.Publisher
	// using is held for each message, and wholly by Close: the library must not
	// be given one while it closes.
	using  sync.RWMutex
	closed bool
}

// Open connects and looks for the topic. The error is [relay.ErrRefused] if the
// broker will not have us or has no such topic; any other means that none can
// be reached now. The end of ctx is not heeded while it connects.
func Open(ctx context.Context, to Target) (*Broker, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	config := configOf(to)
	hazards, err := checkTopic(to, config)
	if err != nil {
		return nil, fmt.Errorf("look for topic %s in Kafka: %w", to.Name, classify(err))
	}
	publisher, err := wkafka.NewPublisher(wkafka.PublisherConfig{
		Brokers: to.Hosts, Marshaler: wkafka.NewWithPartitioningMarshaler(takeKey), OverwriteSaramaConfig: config,
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", classify(err))
	}
	return &Broker{topic: to.Name, hazards: hazards, publisher: publisher}, nil
}

// checkTopic asks for the topic's partitions, by which a broker that makes
// topics makes it, and for its settings.
func checkTopic(to Target, config *sarama.Config) (found []string, err error) {
	client, err := sarama.NewClient(to.Hosts, config)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	partitions, err := client.Partitions(to.Name)
	if err != nil {
		return nil, err
	}
	return hazards(client, to.Name, partitions), nil
}

func configOf(to Target) *sarama.Config {
	c := sarama.NewConfig()
	c.ClientID = "dossier"
	c.Version = sarama.V2_1_0_0
	c.Net.DialTimeout, c.Net.ReadTimeout, c.Net.WriteTimeout = silence, silence, silence
	// One request at a time, and no gap in what is sent again: the two things
	// that keep a session's order over an outage.
	c.Net.MaxOpenRequests = 1
	c.Producer.Idempotent = true
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Timeout = silence
	c.Producer.Retry.Max, c.Producer.Retry.Backoff = retries, backoff
	c.Producer.Return.Successes, c.Producer.Return.Errors = true, true
	// As Java, franz-go and kafkajs: who else writes or joins by the same key must
	// find the same partition. The default of this library is another hash.
	c.Producer.Partitioner = sarama.NewMurmur2Partitioner
	c.Metadata.Retry.Max, c.Metadata.Retry.Backoff = retries, backoff
	c.Metadata.Timeout = 2 * silence
	if to.TLS {
		c.Net.TLS.Enable, c.Net.TLS.Config = true, &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if to.User != "" {
		c.Net.SASL.Enable, c.Net.SASL.Mechanism = true, sarama.SASLTypePlaintext
		c.Net.SASL.User, c.Net.SASL.Password = to.User, to.Password
	}
	return c
}

// Publish implements [relay.Broker]. The end of ctx is heeded between two
// messages.
func (b *Broker) Publish(ctx context.Context, messages []relay.Message) error {
	for _, m := range messages {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.publish(m); err != nil {
			return fmt.Errorf("publish event %d to Kafka: %w", m.Event.Position, classify(err))
		}
	}
	return nil
}

func (b *Broker) publish(m relay.Message) error {
	b.using.RLock()
	defer b.using.RUnlock()
	if b.closed {
		return sarama.ErrClosedClient
	}
	return b.publisher.Publish(b.topic, wrap(m))
}

// Hazards implements [relay.Connection].
func (b *Broker) Hazards() []string { return b.hazards }

// Close waits for the messages under way, and ends the connections.
func (b *Broker) Close() error {
	b.using.Lock()
	defer b.using.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	return b.publisher.Close()
}

// The headers of a record beside the library's. CloudEvents gives them their
// names.
const (
	contentType = "content-type"
	eventID     = "ce_id"
	eventType   = "ce_type"
)

// keyed is where a message carries its key: in its context, for all metadata
// becomes headers.
type keyed struct{}

// wrap makes a Watermill message.
func wrap(m relay.Message) *message.Message {
	wrapped := message.NewMessage(m.Event.EventID, m.Body)
	wrapped.Metadata = message.Metadata{
		contentType: cloudevents.ContentType + "; charset=UTF-8",
		eventID:     m.Event.EventID,
		eventType:   m.Event.Type,
	}
	wrapped.SetContext(context.WithValue(context.Background(), keyed{}, m.Key))
	return wrapped
}

// takeKey returns what wrap has put in.
func takeKey(_ string, m *message.Message) (string, error) {
	key, _ := m.Context().Value(keyed{}).(string)
	return key, nil
}
