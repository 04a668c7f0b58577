package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"dossier/adapters/brokertest"
)

// A key has the partition that the Java client gives it. The hashes are those of
// Apache Kafka's own test of its murmur2 (UtilsTest), the partition is
// (hash & 0x7fffffff) % partitions.
func TestKeysHaveThePartitionsOfJava(t *testing.T) {
	const partitions = 31
	hashes := map[string]int32{
		"21":                         -973932308,
		"foobar":                     -790332482,
		"a-little-bit-long-string":   -985981536,
		"a-little-bit-longer-string": -1486304829,
		"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	}
	c := started(t, kfake.SeedTopics(partitions, topic))
	b, messages := c.Open(t), brokertest.Messages(t, len(hashes), 1)
	defer b.Close()
	next := 0
	for key := range hashes {
		messages[next].Key = key
		next++
	}
	if err := b.Publish(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	found := 0
	for partition, records := range c.partitions(t) {
		for _, r := range records {
			found++
			if want := int(hashes[string(r.Key)]&0x7fffffff) % partitions; partition != want {
				t.Errorf("the key %s is in partition %d, in Java it is in %d", r.Key, partition, want)
			}
		}
	}
	if found != len(hashes) {
		t.Errorf("%d of %d records were found", found, len(hashes))
	}
}
