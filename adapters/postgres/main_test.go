package postgres_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if part := os.Getenv(frozenPart); part != "" {
		os.Exit(beFrozen(part, os.Getenv(frozenURL)))
	}
	goleak.VerifyTestMain(m)
}
