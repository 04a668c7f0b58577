package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

const (
	// gcPercent trades memory for time: what lives is small, and most of what is
	// made for a webhook is garbage when it is answered.
	gcPercent = 400
	// memoryLimit is where the collector works harder instead, in bytes.
	memoryLimit = 200 << 20
	// minProcs is how many goroutines run at once at least. The runtime asks the
	// network for news when one of its processors has nothing else to do: with
	// few of them, the one goroutine that all appends wait for would learn late
	// what the database answered.
	minProcs = 4
)

// tuneRuntime sets what the environment leaves to us.
func tuneRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < minProcs {
		runtime.GOMAXPROCS(minProcs)
	}
}
