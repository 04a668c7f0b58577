package kafka_test

import (
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"dossier/adapters/brokertest"
	"dossier/adapters/kafka"
)

const topic = "dossier.events"

// cluster is a server of Kafka's protocol in this process, of one node.
type cluster struct {
	options []kfake.Opt
	port    int
	running *kfake.Cluster
}

// started returns a cluster that stores in a directory of the test.
func started(t *testing.T, options ...kfake.Opt) *cluster {
	c := &cluster{options: append(options, kfake.NumBrokers(1), kfake.DataDir(t.TempDir()))}
	c.Start(t)
	t.Cleanup(func() { c.running.Close() })
	return c
}

// Start implements brokertest.Server.
func (c *cluster) Start(t *testing.T) {
	t.Helper()
	options := c.options
	if c.port != 0 { // the second start
		options = append(slices.Clone(options), kfake.Ports(c.port))
	}
	running, err := kfake.NewCluster(options...)
	if err != nil {
		t.Fatal(err)
	}
	c.running = running
	_, port, err := net.SplitHostPort(running.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if c.port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
}

// Stop implements brokertest.Server.
func (c *cluster) Stop(*testing.T) { c.running.Close() }

func (c *cluster) url() string { return "kafka://" + c.running.ListenAddrs()[0] }

func target(t *testing.T, text string) kafka.Target {
	t.Helper()
	to, err := kafka.ParseURL(text)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// Open implements brokertest.Server.
func (c *cluster) Open(t *testing.T) brokertest.Broker {
	t.Helper()
	b, err := kafka.Open(t.Context(), target(t, c.url()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Stored implements brokertest.Server.
func (c *cluster) Stored(t *testing.T) (all []brokertest.Stored) {
	t.Helper()
	for _, records := range c.partitions(t) {
		for _, r := range records {
			all = append(all, read(t, r))
		}
	}
	return all
}

// partitions reads the whole topic.
func (c *cluster) partitions(t *testing.T) [][]*sarama.ConsumerMessage {
	t.Helper()
	client, err := sarama.NewClient(c.running.ListenAddrs(), nil)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(consumer.Close(), client.Close()); err != nil {
			t.Error(err)
		}
	}()
	numbers, err := client.Partitions(topic)
	if err != nil {
		t.Fatal(err)
	}
	all := make([][]*sarama.ConsumerMessage, len(numbers))
	for _, n := range numbers {
		all[n] = records(t, client, consumer, n)
	}
	return all
}

func records(t *testing.T, client sarama.Client, consumer sarama.Consumer, partition int32) (all []*sarama.ConsumerMessage) {
	t.Helper()
	end, err := client.GetOffset(topic, partition, sarama.OffsetNewest)
	if err != nil {
		t.Fatal(err)
	}
	if end == 0 {
		return nil
	}
	reading, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.AsyncClose()
	for r := range reading.Messages() {
		if all = append(all, r); r.Offset == end-1 {
			break
		}
	}
	return all
}

func read(t *testing.T, r *sarama.ConsumerMessage) brokertest.Stored {
	t.Helper()
	headers := make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		headers[string(h.Key)] = string(h.Value)
	}
	if !strings.HasPrefix(headers["content-type"], "application/cloudevents+json") || headers["_watermill_message_uuid"] != headers["ce_id"] {
		t.Errorf("a record has the headers %v", headers)
	}
	return brokertest.Stored{ID: headers["ce_id"], Type: headers["ce_type"], Key: string(r.Key), Body: string(r.Value)}
}
