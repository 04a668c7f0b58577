package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// received is a request as a server saw it.
type received struct {
	header http.Header
	body   string
}

func (r received) relay(name string) string { return r.header.Get(DefaultHeaderPrefix + "-" + name) }

// receiver is a server, or a transport, that keeps what it is sent.
type receiver struct {
	mu       sync.Mutex
	requests []received
	answer   func(n int, r received) (status int, header http.Header, body string) // n counts from 0
}

func (r *receiver) take(req *http.Request) (int, http.Header, string) {
	text, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	got := received{req.Header.Clone(), string(text)}
	r.requests = append(r.requests, got)
	if r.answer == nil {
		return http.StatusOK, nil, `{"outcome":"applied","position":1,"version":1}`
	}
	return r.answer(len(r.requests)-1, got)
}

// seen returns the requests so far.
func (r *receiver) seen() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	status, header, body := r.take(req)
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// RoundTrip answers without a network, which a synctest bubble needs.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	status, header, body := r.take(req)
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Header: header, Request: req,
		Body: io.NopCloser(bytes.NewBufferString(body)),
	}, nil
}

// serve starts an HTTP server for the receiver and returns its webhook URL.
func (r *receiver) serve(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL + "/webhooks/synaps?secret=" + testSecret
}

const (
	testSecret = "s3cr3t+value"
	fakeURL    = "http://dossier.test/webhooks/synaps?secret=" + testSecret
)

// faulty is a configuration with some of every fault.
func faulty(sessions int, seed uint64) Config {
	return Config{
		URL: fakeURL, Sessions: sessions, Seed: seed, Corporate: 0.2, V3: 0.2,
		Duplicates: 0.05, Late: 0.1, Reordered: 0.05, Forbidden: 0.1, Unknown: 0.02,
	}
}

// parsed is a body as the provider documents it.
type parsed struct {
	SessionID string `json:"session_id"`
	Reason    string
	Status    string
	State     string
	Service   *string
	StepID    *json.RawMessage `json:"step_id"`
}

func parse(t interface{ Fatalf(string, ...any) }, d Delivery) parsed {
	var b parsed
	decoder := json.NewDecoder(bytes.NewReader(d.Body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		t.Fatalf("%v: body: %v", d, err)
	}
	return b
}

// status returns the word of the status in v4, from either vocabulary.
func (b parsed) status() string {
	if b.State == "" {
		return b.Status
	}
	for _, status := range []string{pending, approved, resubmission, rejected, reset} {
		if stateOf(status) == b.State {
			return status
		}
	}
	return b.State
}

// step returns the step's id as text, empty for the session itself.
func (b parsed) step() string {
	if b.StepID == nil {
		return ""
	}
	return string(bytes.Trim(*b.StepID, `"`))
}
