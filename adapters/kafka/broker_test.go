package kafka_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"dossier/adapters/brokertest"
	"dossier/adapters/kafka"
	"dossier/application/relay"
)

const password = "p4ssw0rd"

func TestConformance(t *testing.T) {
	brokertest.Run(t, func(t *testing.T) brokertest.Server { return started(t, kfake.SeedTopics(8, topic)) })
}

func TestSessionHasOnePartition(t *testing.T) {
	c := started(t, kfake.SeedTopics(8, topic))
	b := c.Open(t)
	defer b.Close()
	if err := b.Publish(t.Context(), brokertest.Messages(t, 41, 3)); err != nil {
		t.Fatal(err)
	}
	partitionOf, used := map[string]int{}, map[int]bool{}
	for partition, records := range c.partitions(t) {
		for _, r := range records {
			if before, known := partitionOf[string(r.Key)]; known && before != partition {
				t.Errorf("session %s is in the partitions %d and %d", r.Key, before, partition)
			}
			partitionOf[string(r.Key)], used[partition] = partition, true
		}
	}
	if len(partitionOf) != 41 || len(used) < 4 {
		t.Errorf("%d sessions are in %d partitions", len(partitionOf), len(used))
	}
}

// A batch that was stored, and whose answer says otherwise, is sent again by
// the producer and stored once.
func TestProducerIsIdempotent(t *testing.T) {
	c := started(t, kfake.SeedTopics(1, topic))
	b, messages := c.Open(t), brokertest.Messages(t, 3, 3)
	defer b.Close()
	producers := make(chan int64, len(messages))
	c.running.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.running.KeepControl()
		producers <- producerOf(t, r.(*kmsg.ProduceRequest))
		return nil, nil, false
	})
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	close(producers)
	requests := 0
	for id := range producers {
		if requests++; id < 0 {
			t.Error("a batch comes from a producer without an id")
		}
	}
	if requests == 0 {
		t.Error("no batch was seen")
	}
	if err := brokertest.CheckOnce(c.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

// producerOf returns the producer id of a request's first batch, and checks
// that all replicas must have it.
func producerOf(t *testing.T, r *kmsg.ProduceRequest) int64 {
	t.Helper()
	if r.Acks != -1 {
		t.Errorf("a batch asks for %d acknowledgements", r.Acks)
	}
	var batch kmsg.RecordBatch
	if err := batch.ReadFrom(r.Topics[0].Partitions[0].Records); err != nil {
		t.Error(err)
	}
	return batch.ProducerID
}

// answering makes the cluster answer so many produce requests with an error.
func (c *cluster) answering(failure sarama.KError, times *atomic.Int64) {
	c.running.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.running.KeepControl()
		if times.Add(-1) < 0 {
			return nil, nil, false
		}
		answer := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, asked := range r.(*kmsg.ProduceRequest).Topics {
			refused := kmsg.NewProduceResponseTopic()
			refused.Topic = asked.Topic
			for _, p := range asked.Partitions {
				partition := kmsg.NewProduceResponseTopicPartition()
				partition.Partition, partition.ErrorCode = p.Partition, int16(failure)
				refused.Partitions = append(refused.Partitions, partition)
			}
			answer.Topics = append(answer.Topics, refused)
		}
		return answer, nil, true
	})
}

func TestAnswersWhilePublishing(t *testing.T) {
	for failure, refused := range map[sarama.KError]bool{
		sarama.ErrTopicAuthorizationFailed:   true,
		sarama.ErrClusterAuthorizationFailed: true,
		sarama.ErrMessageSizeTooLarge:        true,
		sarama.ErrNotEnoughReplicas:          false,
		sarama.ErrNotLeaderForPartition:      false,
	} {
		t.Run(failure.Error(), func(t *testing.T) {
			c := started(t, kfake.SeedTopics(1, topic))
			b, messages := c.Open(t), brokertest.Messages(t, 1, 3)
			defer b.Close()
			var times atomic.Int64
			times.Store(math.MaxInt64)
			c.answering(failure, &times)
			if err := b.Publish(t.Context(), messages); err == nil || errors.Is(err, relay.ErrRefused) != refused {
				t.Errorf("the error is %v", err)
			}
			times.Store(0)
			ctx, cancel := context.WithTimeout(t.Context(), brokertest.Patience)
			defer cancel()
			if _, err := brokertest.Insist(ctx, b, messages); err != nil {
				t.Fatal(err)
			}
			if err := brokertest.Check(c.Stored(t), messages); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a new leader cures is cured by the producer itself.
func TestShortTroubleIsNoError(t *testing.T) {
	c := started(t, kfake.SeedTopics(1, topic))
	b, messages := c.Open(t), brokertest.Messages(t, 1, 3)
	defer b.Close()
	var times atomic.Int64
	times.Store(2)
	c.answering(sarama.ErrNotLeaderForPartition, &times)
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	if err := brokertest.CheckOnce(c.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

// refusing are clusters that will not have us.
func refusing() map[string]func(t *testing.T) *cluster {
	locked := func(t *testing.T) *cluster {
		return started(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "relay", password), kfake.SeedTopics(1, topic))
	}
	return map[string]func(t *testing.T) *cluster{
		// The server here hangs up on a wrong password. Kafka says what it is.
		"a wrong password": func(t *testing.T) *cluster {
			c := locked(t)
			c.running.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
				c.running.KeepControl()
				answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
				answer.ErrorCode = int16(sarama.ErrSASLAuthenticationFailed)
				return answer, nil, true
			})
			return c
		},
		"a topic without rights": func(t *testing.T) *cluster {
			return started(t, kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("PLAIN", "relay", password), kfake.SeedTopics(1, topic))
		},
		"an untrusted certificate": func(t *testing.T) *cluster {
			return started(t, kfake.TLS(brokertest.UntrustedTLS(t)), kfake.SeedTopics(1, topic))
		},
		"no topic": func(t *testing.T) *cluster {
			return started(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "relay", password))
		},
	}
}

func TestServerThatRefuses(t *testing.T) {
	for name, start := range refusing() {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			scheme := "kafka"
			if name == "an untrusted certificate" {
				scheme = "kafka+tls"
			}
			b, err := kafka.Open(t.Context(), target(t, strings.Replace(c.url(), "kafka://", scheme+"://relay:"+password+"@", 1)))
			if err == nil {
				b.Close()
			}
			if !errors.Is(err, relay.ErrRefused) {
				t.Fatalf("the error is %v", err)
			}
			if text := err.Error(); strings.Contains(text, password) || strings.Contains(text, "://") {
				t.Errorf("the error tells too much: %s", text)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	c := started(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "relay", password), kfake.SeedTopics(1, topic))
	b, err := kafka.Open(t.Context(), target(t, strings.Replace(c.url(), "://", "://relay:"+password+"@", 1)))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Publish(t.Context(), brokertest.Messages(t, 1, 1)); err != nil {
		t.Error(err)
	}
}

func TestBrokerThatMakesTopicsMakesIt(t *testing.T) {
	c := started(t, kfake.AllowAutoTopicCreation())
	b, messages := c.Open(t), brokertest.Messages(t, 2, 2)
	defer b.Close()
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	if err := brokertest.CheckOnce(c.Stored(t), messages); err != nil {
		t.Error(err)
	}
}

func TestServerThatIsAwayDoesNotRefuse(t *testing.T) {
	c := started(t)
	to := target(t, strings.Replace(c.url(), "://", "://relay:"+password+"@", 1))
	c.Stop(t)
	b, err := kafka.Open(t.Context(), to)
	if err == nil {
		b.Close()
		t.Fatal("there is no server")
	}
	if errors.Is(err, relay.ErrRefused) || strings.Contains(err.Error(), password) {
		t.Errorf("the error is %v", err)
	}
}
