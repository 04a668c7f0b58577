package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"

	"dossier/ports/problem"
)

// The credentials of servers that are not given others.
const (
	hookSecret    = "webhook-secret-0123456789"
	adminToken    = "admin-token-0123456789"
	auditorToken  = "auditor-token-0123456789"
	reviewerToken = "reviewer-token-0123456789"
	readerToken   = "reader-token-0123456789"
)

// client calls one server.
type client struct {
	tb    testing.TB
	base  string // http://host:port
	token string
	http  *http.Client
}

func newClient(tb testing.TB, base, token string) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	tb.Cleanup(transport.CloseIdleConnections)
	// A redirect is an answer to be seen, not to be followed.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{tb, base, token, &http.Client{Transport: transport, CheckRedirect: stay, Timeout: patience}}
}

// as returns the same client with another token.
func (c *client) as(token string) *client {
	other := *c
	other.token = token
	return &other
}

// answer is a whole answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// position returns the header that tells what the answer has seen or written.
func (a answer) position() int64 {
	n, _ := strconv.ParseInt(a.header.Get("Dossier-Position"), 10, 64)
	return n
}

// try makes a call; it may be used by any goroutine.
func (c *client) try(ctx context.Context, method, path string, body []byte, header http.Header) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.GetBody = nil // the transport must not send anything twice by itself
	if header != nil {
		request.Header = header.Clone()
	}
	if c.token != "" && request.Header.Get("Authorization") == "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}, err
}

func (c *client) do(method, path string, body []byte, header http.Header) answer {
	c.tb.Helper()
	a, err := c.try(bounded(c.tb), method, path, body, header)
	if err != nil {
		c.tb.Fatalf("%s: %v", method, err)
	}
	return a
}

func (c *client) get(path string) answer {
	c.tb.Helper()
	return c.do(http.MethodGet, path, nil, nil)
}

// read gets what must be there.
func read[T any](c *client, path string) T {
	c.tb.Helper()
	a := c.get(path)
	if a.status != http.StatusOK {
		c.tb.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return decoded[T](c.tb, a.body)
}

func decoded[T any](tb testing.TB, text []byte) (v T) {
	tb.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		tb.Fatalf("%v in %s", err, text)
	}
	return v
}

// checkProblem says that an answer is one problem and nothing else.
func checkProblem(tb testing.TB, what string, a answer, status int, slug string) {
	tb.Helper()
	var p problem.Problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		tb.Errorf("%s: %d, and the body is no problem: %s", what, a.status, a.body)
		return
	}
	if a.status != status || p.Status != status || p.Type != slug || p.Title == "" {
		tb.Errorf("%s: got %d %+v, want %d %s", what, a.status, p, status, slug)
	}
	if media := a.header.Get("Content-Type"); media != problem.ContentType {
		tb.Errorf("%s: the media type is %q", what, media)
	}
	if retry := a.header.Get("Retry-After"); (status == http.StatusServiceUnavailable) != (retry != "") {
		tb.Errorf("%s: %d with Retry-After %q", what, status, retry)
	}
}

func equal[T comparable](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}
