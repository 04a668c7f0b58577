package nats

import (
	"errors"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"dossier/application/relay"
)

// The answers of JetStream whose class their status would tell wrongly.
func TestAnswersWhoseStatusMisleads(t *testing.T) {
	for _, c := range []struct {
		status, code int
		refused      bool
	}{
		{400, 10005, false}, // a node is down
		{409, 10158, false}, // the first of two is about to be stored
		{500, 10074, true},  // replicas without a cluster
		{400, 10060, true},  // the subject leads to another stream
		{503, 10077, false}, // the stream is full
	} {
		answer := &jetstream.APIError{Code: c.status, ErrorCode: jetstream.ErrorCode(c.code)}
		if err := classify(fmt.Errorf("nats: %w", answer)); errors.Is(err, relay.ErrRefused) != c.refused {
			t.Errorf("%d/%d is classed as %v", c.status, c.code, err)
		}
	}
}
