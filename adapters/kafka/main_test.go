package kafka_test

import (
	"testing"

	"go.uber.org/goleak"
)

// The client library keeps figures, for which one goroutine of the process runs
// for ever.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick"))
}
