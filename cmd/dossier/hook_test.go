package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
)

// fields are those of a webhook's body.
type fields map[string]any

// hook is one webhook. Zero values are those of a good one of the default app.
type hook struct {
	app     string // empty: the path without one
	query   string // instead of the right secret
	id      string // of the delivery
	attempt int
	fields  fields
	raw     string // instead of the fields
	header  http.Header
}

func (h hook) path() string {
	path := "/webhooks/synaps"
	if h.app != "" {
		path += "/" + h.app
	}
	if h.query != "" {
		return path + "?" + h.query
	}
	return path + "?" + url.Values{"secret": {hookSecret}}.Encode()
}

func (h hook) body(tb testing.TB) []byte {
	if h.raw != "" {
		return []byte(h.raw)
	}
	text, err := json.Marshal(h.fields)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func (h hook) headers() http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	for name, values := range h.header {
		header[name] = values
	}
	if h.id != "" {
		header.Set("X-Hookdeck-Eventid", h.id)
	}
	if h.attempt > 0 {
		header.Set("X-Hookdeck-Attempt-Count", strconv.Itoa(h.attempt))
	}
	return header
}

// post sends a webhook and returns whatever comes back. The relay has no token.
func (c *client) post(h hook) answer {
	c.tb.Helper()
	return c.as("").do(http.MethodPost, h.path(), h.body(c.tb), h.headers())
}

// tryPost is post for any goroutine.
func (c *client) tryPost(ctx context.Context, h hook) (answer, error) {
	return c.as("").try(ctx, http.MethodPost, h.path(), h.body(c.tb), h.headers())
}

// accepted is the answer to a webhook that was recorded.
type accepted struct {
	Outcome  string `json:"outcome"`
	Position int64  `json:"position"`
	Version  int64  `json:"version"`
	last     int64  // Dossier-Position
}

// send sends a webhook that must be accepted with an outcome.
func (c *client) send(h hook, outcome string) accepted {
	c.tb.Helper()
	a := c.post(h)
	if a.status != http.StatusOK {
		c.tb.Fatalf("webhook %v: %d %s", h.fields, a.status, a.body)
	}
	receipt := decoded[accepted](c.tb, a.body)
	receipt.last = a.position()
	if receipt.Outcome != outcome {
		c.tb.Fatalf("webhook %v: got %s, want %s", h.fields, receipt.Outcome, outcome)
	}
	return receipt
}
