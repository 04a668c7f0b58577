package webhook_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dossier/application/command"
	"dossier/domain/kyc"
	"dossier/ports/problem"
	"dossier/ports/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret    = "s3cr+t/with=signs&100%"
	session   = "2ac3f7ab-3729-f968-3f55-aa47e881"
	approved  = `{"session_id":"` + session + `","status":"APPROVED","step_id":"7","service":"LIVENESS","reason":""}`
	goodQuery = "secret=s3cr%2Bt%2Fwith%3Dsigns%26100%25"
)

// receiver is a Receiver that keeps what it was given and answers as told.
type receiver struct {
	mu      sync.Mutex
	got     []command.Webhook
	receipt command.Receipt
	answer  func(context.Context) error
}

func (r *receiver) Handle(ctx context.Context, w command.Webhook) (command.Receipt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, w)
	if r.answer != nil {
		if err := r.answer(ctx); err != nil {
			return command.Receipt{}, err
		}
	}
	return r.receipt, nil
}

func (r *receiver) only(t *testing.T) command.Webhook {
	t.Helper()
	if len(r.got) != 1 {
		t.Fatalf("the receiver was called %d times, want once", len(r.got))
	}
	return r.got[0]
}

// meter is a Meter that keeps what it was told.
type meter struct {
	outcomes []string
	unknown  []string // statuses
	unnamed  int      // deliveries
}

func (m *meter) UnknownStatus(status string) { m.unknown = append(m.unknown, status) }
func (m *meter) WithoutDeliveryID()          { m.unnamed++ }

func (m *meter) Webhook(outcome string, took time.Duration) {
	if took < 0 {
		outcome += " before it began"
	}
	m.outcomes = append(m.outcomes, outcome)
}

// config returns one that is complete, over a receiver.
func config(r *receiver) webhook.Config {
	if r.receipt == (command.Receipt{}) {
		r.receipt = command.Receipt{Outcome: kyc.Applied, Position: 12, Version: 3, Last: 14}
	}
	return webhook.Config{
		Secrets:    map[kyc.App][]string{kyc.DefaultApp: {secret}, "second": {"of-second", "of-second-too"}},
		Receiver:   r,
		SessionRef: func(kyc.App, kyc.SessionID) string { return "a-session-ref" },
	}
}

func handler(t testing.TB, cfg webhook.Config) http.Handler {
	t.Helper()
	h, err := webhook.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// good returns a call that is accepted.
func good() *http.Request { return post(approved) }

// named returns one that has a delivery id.
func named() *http.Request {
	r := good()
	r.Header.Set("X-Hookdeck-Eventid", "evt")
	return r
}

func post(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhooks/synaps?"+goodQuery, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:4711"
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// wantProblem checks that an answer is a problem in all its parts.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, slug string) {
	t.Helper()
	var p struct {
		Type, Title, Detail string
		Status              int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("answer %d %q is no problem: %v", w.Code, w.Body, err)
	}
	if w.Code != status || p.Status != status || p.Type != slug || p.Title == "" {
		t.Errorf("answered %d %+v, want %d %s", w.Code, p, status, slug)
	}
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Errorf("content type %q, want %q", got, problem.ContentType)
	}
	if got := w.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("cache control %q, want no-store", got)
	}
	if retry := w.Header().Get("Retry-After"); (retry != "") != (status == http.StatusServiceUnavailable) {
		t.Errorf("status %d with Retry-After %q", status, retry)
	}
}
