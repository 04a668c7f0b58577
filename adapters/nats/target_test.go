package nats_test

import (
	"slices"
	"strings"
	"testing"

	"dossier/adapters/nats"
)

func TestURLs(t *testing.T) {
	to := target(t, "nats+tls://relay:s3cret@n1/kyc.log?stream=KYC&replicas=3&host=n2:4333")
	if to.Name != "kyc.log" || to.Stream != "KYC" || to.Replicas != 3 || !to.TLS || !slices.Equal(to.Hosts, []string{"n1:4222", "n2:4333"}) {
		t.Errorf("read as %+v", to)
	}
	if to := target(t, "nats://n1"); to.Name != "dossier.events" || to.Stream != nats.DefaultStream || to.Replicas != 1 || to.TLS {
		t.Errorf("without options it is read as %+v", to)
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"nats://n1/dossier.*", "nats://n1/a..b", "nats://n1/a b", "nats://n1/$JS", "nats://n1/>",
		"nats://n1?replicas=0", "nats://n1?replicas=6", "nats://n1?stream=A.B", "nats://n1?stream=A*", "nats://n1?size=3", "kafka://n1",
	} {
		if _, err := nats.ParseURL(strings.Replace(text, "n1", "u:s3cret@n1", 1)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
