package main

import (
	"os"
	"runtime/debug"
)

const (
	// gcPercent trades memory for time: what lives is small, and most of what is
	// made for a webhook is garbage when it is answered.
	gcPercent = 400
	// memoryLimit is where the collector works harder instead, in bytes.
	memoryLimit = 200 << 20
)

// tuneMemory sets the garbage collector, where the environment does not.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
