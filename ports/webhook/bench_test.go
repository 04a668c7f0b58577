package webhook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dossier/application/command"
	"dossier/domain/kyc"
)

const documented = `{"reason":"The document image seems to be forged","service":"PROOF_OF_ADDRESS",` +
	`"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","status":"PENDING_VERIFICATION","step_id":"1253242"}`

func BenchmarkParse(b *testing.B) {
	body := []byte(documented)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseByMap is what the reading of members costs with encoding/json
// alone, and why it is not done so.
func BenchmarkParseByMap(b *testing.B) {
	body := []byte(documented)
	b.ReportAllocs()
	for b.Loop() {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHandler(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkHandler(b) })
	b.Run("signed", func(b *testing.B) { benchmarkHandler(b, "one-signing-secret") })
}

func benchmarkHandler(b *testing.B, signing ...string) {
	h, err := New(Config{
		Secrets:        map[kyc.App][]string{kyc.DefaultApp: {"an old secret", "the secret"}},
		SigningSecrets: signing,
		Receiver:       instant{},
		SessionRef:     func(kyc.App, kyc.SessionID) string { return "ref" },
	})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, Path+"?secret=the+secret", nil)
	r.ContentLength = int64(len(documented))
	for name, value := range map[string]string{
		"X-Hookdeck-Eventid": "evt_UaTUvVK4cwWxA3pYzDXf3LvC", "X-Hookdeck-Requestid": "req_vMXzJDIzLTvuRdhHnPOt",
		"X-Hookdeck-Attempt-Count": "1", "X-Hookdeck-Attempt-Trigger": "INITIAL",
		"X-Hookdeck-Original-Ip": "203.0.113.7",
		// of the documented body, made with openssl
		"X-Hookdeck-Signature": "6OCS6bHbqpTTX7qPG5yqKFcPvq8ZNyauV3Crtj0lpDQ=",
	} {
		r.Header.Set(name, value)
	}
	w := &discard{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(documented))
		h.ServeHTTP(w, r)
	}
	if w.status != 0 {
		b.Fatalf("answered %d", w.status)
	}
}

type instant struct{}

func (instant) Handle(context.Context, command.Webhook) (command.Receipt, error) {
	return command.Receipt{Outcome: kyc.Applied, Position: 123456, Version: 3, Last: 123456}, nil
}

// discard is a response writer that keeps only a status that was set.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
