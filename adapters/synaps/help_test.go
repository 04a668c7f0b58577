package synaps

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/domain/kyc"
)

// What must not be told. A part of the session's id must be escaped in a path.
const (
	secretKey                   = "key-3f1c"
	secretSession               = "sess-9b2e 7"
	session       kyc.SessionID = secretSession
)

// overview is an answer about the session.
func overview(rest string) string {
	return fmt.Sprintf(`{"app":{"id":7,"name":"x"},"session":{"id":%q,%s}}`, secretSession, rest)
}

const (
	approved = `"status":"APPROVED","sandbox":false,"alias":null,"steps":[{"id":"1","status":"APPROVED","type":"LIVENESS"}]`
	notFound = `{"code":"SESSION_NOT_FOUND","message":"no such session"}`
)

// tally is a meter.
type tally struct {
	mu    sync.Mutex
	calls map[string]int // by "call outcome"
	waits int
}

func (m *tally) SynapsCall(call, outcome string, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[string]int{}
	}
	m.calls[call+" "+outcome]++
}

func (m *tally) SynapsWaited(time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits++
}

// client asks the API at a URL, each question once.
func client(t *testing.T, url string, change ...func(*Config)) *Client {
	t.Helper()
	config := Config{
		Keys: map[kyc.App]string{kyc.DefaultApp: secretKey}, BaseURL: url, Tries: 1, Timeout: time.Minute,
		Jitter: func() float64 { return 0 },
	}
	for _, f := range change {
		f(&config)
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// serve serves an API.
func serve(t *testing.T, api http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	return s
}

// answering is an API that answers always the same.
func answering(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

const asJSON = "application/json; charset=utf-8"

// inMemory answers without a network, for what passes in no time.
type inMemory http.HandlerFunc

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f(w, r)
	return w.Result(), r.Context().Err()
}

// unplugged is a client of an API in memory that tries as often as it does by
// default.
func unplugged(t *testing.T, api http.HandlerFunc, change ...func(*Config)) *Client {
	t.Helper()
	c := client(t, "", append([]func(*Config){func(c *Config) { c.Tries = 0 }}, change...)...)
	c.transport = inMemory(api)
	return c
}

// secretive checks that an error tells none of what must not be told.
func secretive(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v %#v", err, err)} {
		for _, secret := range []string{secretKey, secretSession, "sess-9b2e", "127.0.0.1", "http:", "/session/"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q tells %q", text, secret)
			}
		}
	}
}
