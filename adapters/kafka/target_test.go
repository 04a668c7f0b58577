package kafka_test

import (
	"slices"
	"strings"
	"testing"

	"dossier/adapters/kafka"
)

func TestURLs(t *testing.T) {
	to := target(t, "kafka+tls://relay:s3cret@k1/kyc_log?host=k2:9093&host=k3")
	if to.Name != "kyc_log" || !to.TLS || to.User != "relay" || !slices.Equal(to.Hosts, []string{"k1:9092", "k2:9093", "k3:9092"}) {
		t.Errorf("read as %+v", to)
	}
	if to := target(t, "kafka://k1"); to.Name != "dossier.events" || to.TLS {
		t.Errorf("without options it is read as %+v", to)
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	for _, text := range []string{"kafka://k1/a/b", "kafka://k1/a b", "kafka://k1/a,b", "kafka://k1?acks=1", "nats://k1"} {
		if _, err := kafka.ParseURL(strings.Replace(text, "k1", "u:s3cret@k1", 1)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
