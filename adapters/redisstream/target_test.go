package redisstream_test

import (
	"strings"
	"testing"

	"dossier/adapters/redisstream"
)

func TestURLs(t *testing.T) {
	to := target(t, "rediss://:s3cret@r1/kyc:log?db=3&maxlen=1000")
	if to.Name != "kyc:log" || !to.TLS || to.User != "" || to.Password != "s3cret" || to.DB != 3 || to.MaxLen != 1000 || to.Hosts[0] != "r1:6379" {
		t.Errorf("read as %+v", to)
	}
	if to := target(t, "redis://r1"); to.Name != "dossier.events" || to.DB != 0 || to.MaxLen != 0 || to.TLS {
		t.Errorf("without options it is read as %+v", to)
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	for _, text := range []string{
		"redis://r1/a/b", "redis://r1/a b", "redis://r1?db=-1", "redis://r1?db=x", "redis://r1?maxlen=0", "redis://r1?host=r2", "nats://r1",
	} {
		if _, err := redisstream.ParseURL(strings.Replace(text, "r1", "u:s3cret@r1", 1)); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
