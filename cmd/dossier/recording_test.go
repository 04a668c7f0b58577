package main

import (
	"context"
	"regexp"
	"sync"
	"testing"
	"time"

	"dossier/application/eventlog"
)

// patience bounds whatever a test waits for: it only decides when a test that
// hangs is given up.
const patience = 3 * time.Minute

// bounded returns a context that ends with the test's patience. It outlives the
// test's own context, so that clean-ups can use it.
func bounded(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), patience)
	tb.Cleanup(cancel)
	return ctx
}

// recording keeps all that is written to it, and wakes those who wait for a
// part of it.
type recording struct {
	mu    sync.Mutex
	text  []byte
	grown eventlog.Broadcast
}

// Write implements io.Writer.
func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	r.text = append(r.text, p...)
	r.mu.Unlock()
	r.grown.Notify()
	return len(p), nil
}

// String returns all that was written.
func (r *recording) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.text)
}

// await returns the first match of a pattern and its groups, once it was
// written; nil if given up first is.
func (r *recording) await(ctx context.Context, pattern *regexp.Regexp, givenUp <-chan struct{}) []string {
	for {
		grown := r.grown.Changed()
		if match := pattern.FindStringSubmatch(r.String()); match != nil {
			return match
		}
		select {
		case <-grown:
		case <-givenUp:
			return pattern.FindStringSubmatch(r.String())
		case <-ctx.Done():
			return nil
		}
	}
}
