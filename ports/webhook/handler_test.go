package webhook_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

func TestEachOutcomeIsAnswered(t *testing.T) {
	for _, outcome := range kyc.Outcomes() {
		t.Run(outcome.String(), func(t *testing.T) {
			m := &meter{}
			cfg := config(&receiver{receipt: command.Receipt{Outcome: outcome, Position: 12, Version: 3, Last: 14}})
			cfg.Meter = m
			w := serve(handler(t, cfg), good())

			if want := `{"outcome":"` + outcome.String() + `","position":12,"version":3}`; w.Body.String() != want || w.Code != 200 {
				t.Errorf("answered %d %s, want 200 %s", w.Code, w.Body, want)
			}
			want := http.Header{
				"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Dossier-Position": {"14"},
			}
			if diff := cmp.Diff(want, w.Header()); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if !slices.Equal(m.outcomes, []string{outcome.String()}) {
				t.Errorf("measured %q", m.outcomes)
			}
		})
	}
}

func TestWebhookReachesTheReceiverWhole(t *testing.T) {
	r := &receiver{}
	call := good()
	call.Header.Set("X-Hookdeck-Eventid", "evt_1")
	call.Header.Set("X-Hookdeck-Attempt-Count", "2")
	serve(handler(t, config(r)), call)

	sum := sha256.Sum256([]byte(approved))
	want := command.Webhook{
		App: kyc.DefaultApp, Session: session,
		Report:   kyc.Report{StepID: "7", Service: "LIVENESS", Trigger: kyc.ReportApproved, Attempt: 2},
		Delivery: &eventlog.Delivery{ID: "evt_1", SHA256: sum},
		Metadata: eventlog.Metadata{
			DeliveryID: "evt_1", Attempt: 2, Payload: approved, PayloadSHA256: fmt.Sprintf("%x", sum),
		},
	}
	if diff := cmp.Diff(want, r.only(t), cmp.AllowUnexported(kyc.Trigger{})); diff != "" {
		t.Errorf("webhook (-want +got):\n%s", diff)
	}
}

func TestRefusalsBeforeTheBody(t *testing.T) {
	locked := func(c *webhook.Config) { c.AllowIPs = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")} }
	free := func(*webhook.Config) {}
	for name, c := range map[string]struct {
		config func(*webhook.Config)
		call   func(*http.Request)
		status int
		slug   string
	}{
		"GET":              {free, func(r *http.Request) { r.Method = "GET" }, 405, "method-not-allowed"},
		"HEAD":             {free, func(r *http.Request) { r.Method = "HEAD" }, 405, "method-not-allowed"},
		"OPTIONS":          {free, func(r *http.Request) { r.Method = "OPTIONS" }, 405, "method-not-allowed"},
		"unknown method":   {free, func(r *http.Request) { r.Method = "BREW" }, 405, "method-not-allowed"},
		"method before IP": {locked, func(r *http.Request) { r.Method = "PUT" }, 405, "method-not-allowed"},
		"IP":               {locked, func(*http.Request) {}, 403, "forbidden"},
		"IP before secret": {locked, func(r *http.Request) { r.URL.RawQuery = "" }, 403, "forbidden"},
		"secret":           {free, func(r *http.Request) { r.URL.RawQuery = "secret=wrong" }, 401, "unauthorized"},
		"secret before size": {free, func(r *http.Request) {
			r.URL.RawQuery, r.ContentLength = "", 1<<30
		}, 401, "unauthorized"},
		"size before parsing": {free, func(r *http.Request) { r.ContentLength = webhook.MaxBody + 1 }, 413, "body-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			r, m := &receiver{}, &meter{}
			cfg := config(r)
			c.config(&cfg)
			cfg.Meter = m
			call := post("not even JSON")
			c.call(call)
			w := serve(handler(t, cfg), call)

			wantProblem(t, w, c.status, c.slug)
			if allow := w.Header().Get("Allow"); (allow == "POST") != (c.status == 405) {
				t.Errorf("status %d with Allow %q", c.status, allow)
			}
			if len(r.got) != 0 {
				t.Error("a refused webhook reached the receiver")
			}
			if !slices.Equal(m.outcomes, []string{c.slug}) {
				t.Errorf("measured %q", m.outcomes)
			}
		})
	}
}

func TestErrorsOfTheReceiver(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		status int
		slug   string
	}{
		"busy":            {eventlog.ErrBusy, 503, "log-busy"},
		"unavailable":     {eventlog.ErrUnavailable, 503, "log-unavailable"},
		"outcome unknown": {eventlog.ErrOutcomeUnknown, 503, "outcome-unknown"},
		"not replicated":  {eventlog.ErrNotReplicated, 503, "not-replicated"},
		"closed":          {eventlog.ErrClosed, 503, "shutting-down"},
		"cancelled":       {context.Canceled, 503, "interrupted"},
		"out of time":     {context.DeadlineExceeded, 503, "interrupted"},
		"unstorable":      {eventlog.ErrUnstorable, 400, "unstorable"},
		"anything else":   {errors.New("session " + session), 500, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{answer: func(context.Context) error { return fmt.Errorf("append: %w", c.err) }}
			w := serve(handler(t, config(r)), good())
			wantProblem(t, w, c.status, c.slug)
			if strings.Contains(w.Body.String(), session) {
				t.Errorf("the answer repeats the session id: %s", w.Body)
			}
		})
	}
}

func TestPanicOfTheReceiverIsAnInternalError(t *testing.T) {
	for name, value := range map[string]any{"text": session, "error": errors.New(secret), "abort": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			w := serve(handler(t, config(&receiver{answer: func(context.Context) error { panic(value) }})), good())
			wantProblem(t, w, http.StatusInternalServerError, "internal")
		})
	}
}

func TestReceiverGetsTheContextOfTheCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &receiver{answer: func(ctx context.Context) error { return ctx.Err() }}
	wantProblem(t, serve(handler(t, config(r)), good().WithContext(ctx)), 503, "interrupted")
}
