package nats_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"dossier/adapters/nats"
)

// Each setting is a stream's of the real server, which fills in what is left out.
func TestSettingsThatMayLoseAreTold(t *testing.T) {
	plain := jetstream.StreamConfig{Name: nats.DefaultStream, Subjects: []string{"dossier.events.>"}}
	for told, change := range map[string]func(*jetstream.StreamConfig){
		"":                             func(*jetstream.StreamConfig) {},
		"storage memory":               func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"persist_mode async":           func(c *jetstream.StreamConfig) { c.PersistMode = jetstream.AsyncPersistMode },
		"retention interest":           func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"max_age 1h0m0s":               func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_bytes 4096 with":          func(c *jetstream.StreamConfig) { c.MaxBytes = 4096 },
		"max_msgs 10 with discard old": func(c *jetstream.StreamConfig) { c.MaxMsgs = 10 },
		"max_msgs_per_subject 1, ":     func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"duplicate_window 10s":         func(c *jetstream.StreamConfig) { c.Duplicates = 10 * time.Second },
	} {
		t.Run(told, func(t *testing.T) {
			config := plain
			change(&config)
			checkHazards(t, config, told)
			config.Discard = jetstream.DiscardNew // drops nothing, but what is too old
			config.DiscardNewPerSubject = config.MaxMsgsPerSubject > 0
			if strings.HasPrefix(told, "max_") && !strings.HasPrefix(told, "max_age") {
				checkHazards(t, config, "")
			}
		})
	}
}

// checkHazards checks which setting of a stream is told, if any.
func checkHazards(t *testing.T, config jetstream.StreamConfig, told string) {
	t.Helper()
	n := single(t, nil)
	stream, err := manager(t, n.url("")).CreateStream(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: "someone"}); err != nil {
		t.Fatal(err)
	}
	b, err := nats.Open(t.Context(), target(t, n.url("")), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	found := b.Hazards()
	if told == "" && len(found) > 0 || told != "" && (len(found) != 1 || !strings.HasPrefix(found[0], told)) {
		t.Errorf("told of %q, wanted %q", found, told)
	}
}

// Without a consumer such a stream acknowledges, and stores nothing.
func TestStreamThatStoresNothingIsRefused(t *testing.T) {
	n := single(t, nil)
	js := manager(t, n.url(""))
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: nats.DefaultStream, Subjects: []string{"dossier.events.>"}, Retention: jetstream.InterestPolicy,
	})
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := js.Publish(t.Context(), "dossier.events.default.x", nil); err != nil || ack.Duplicate {
		t.Fatalf("it acknowledged with %+v, %v", ack, err)
	}
	holds(t, stream, 0)
	b, err := nats.Open(t.Context(), target(t, n.url("")), nil)
	if err == nil {
		b.Close()
	}
	checkRefused(t, err)
}

// What the relay makes itself has nothing to be told of.
func TestAMadeStreamHasNoHazards(t *testing.T) {
	n := single(t, nil)
	b, err := nats.Open(t.Context(), target(t, n.url("")), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if found := b.Hazards(); len(found) > 0 {
		t.Errorf("told of %q", found)
	}
}
