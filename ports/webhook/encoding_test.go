package webhook_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"dossier/application/command"
	"dossier/domain/kyc"
	"dossier/ports/webhook"
)

func gzipped(t *testing.T, text string, level int) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// encoded is a call with a body that is said to be encoded.
func encoded(encoding, body string) *http.Request {
	r := post(body)
	r.Header.Set("Content-Encoding", encoding)
	return r
}

// What is recorded, and what tells one delivery from another, is what the provider
// said: a relay may compress each attempt in its own way.
func TestACompressedWebhookIsTakenAsWhatItSays(t *testing.T) {
	sum := sha256.Sum256([]byte(approved))
	for name, call := range map[string]*http.Request{
		"not compressed": encoded("identity", approved),
		"gzip":           encoded("gzip", gzipped(t, approved, gzip.BestSpeed)),
		"x-gzip":         encoded("x-gzip", gzipped(t, approved, gzip.BestCompression)),
		"in capitals":    encoded("GZIP", gzipped(t, approved, gzip.NoCompression)),
		"in two members": encoded("gzip", gzipped(t, approved[:30], gzip.BestSpeed)+gzipped(t, approved[30:], gzip.BestSpeed)),
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			call.Header.Set("X-Hookdeck-Eventid", "evt")
			if w := serve(handler(t, config(r)), call); w.Code != 200 {
				t.Fatalf("answered %d %s", w.Code, w.Body)
			}
			got := r.only(t)
			if got.Metadata.Payload != approved || got.Metadata.PayloadSHA256 != hex.EncodeToString(sum[:]) || got.Delivery.SHA256 != sum {
				t.Errorf("recorded %+v", got.Metadata)
			}
		})
	}
}

// The relay signs what it sends.
func TestTheSignatureIsOfTheBytesAsSent(t *testing.T) {
	body := gzipped(t, approved, gzip.BestSpeed)
	for signed, want := range map[string]int{body: 200, approved: 401} {
		r := &receiver{}
		cfg := config(r)
		cfg.SigningSecrets = []string{"of-the-relay"}
		mac := hmac.New(sha256.New, []byte("of-the-relay"))
		mac.Write([]byte(signed))
		call := encoded("gzip", body)
		call.Header.Set("X-Hookdeck-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		if w := serve(handler(t, cfg), call); w.Code != want {
			t.Errorf("answered %d, want %d", w.Code, want)
		}
	}
}

func TestWhatIsNotUnderstoodOfACompressedBodyIsRefused(t *testing.T) {
	good := gzipped(t, approved, gzip.BestSpeed)
	var deflated bytes.Buffer
	z, _ := flate.NewWriter(&deflated, flate.BestSpeed)
	_, _ = io.WriteString(z, approved)
	_ = z.Close()
	for name, c := range map[string]struct {
		call   *http.Request
		status int
		slug   string
	}{
		"deflate":                  {encoded("deflate", deflated.String()), 415, "unsupported-encoding"},
		"br":                       {encoded("br", good), 415, "unsupported-encoding"},
		"zstd":                     {encoded("zstd", good), 415, "unsupported-encoding"},
		"twice":                    {encoded("gzip, gzip", gzipped(t, good, gzip.BestSpeed)), 415, "unsupported-encoding"},
		"not gzip":                 {encoded("gzip", approved), 400, "malformed-encoding"},
		"empty":                    {encoded("gzip", ""), 400, "malformed-encoding"},
		"cut off":                  {encoded("gzip", good[:len(good)-9]), 400, "malformed-encoding"},
		"with another checksum":    {encoded("gzip", good[:len(good)-8]+"xxxxxxxx"), 400, "malformed-encoding"},
		"followed by other bytes":  {encoded("gzip", good+"x"), 400, "malformed-encoding"},
		"not JSON":                 {encoded("gzip", gzipped(t, "x", gzip.BestSpeed)), 400, "malformed-json"},
		"compressed and not said":  {post(good), 400, "malformed-json"},
		"at the limit and above":   {encoded("gzip", gzipped(t, padded(webhook.MaxBody+1), gzip.BestSpeed)), 413, "body-too-large"},
		"a bomb":                   {encoded("gzip", gzipped(t, strings.Repeat(" ", 30<<20), gzip.BestCompression)), 413, "body-too-large"},
		"too large to be inflated": {encoded("gzip", strings.Repeat(good, webhook.MaxBody)), 413, "body-too-large"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			w := serve(handler(t, config(r)), c.call)
			wantProblem(t, w, c.status, c.slug)
			if got := w.Header().Get("Accept-Encoding"); (got == "gzip") != (c.status == 415) {
				t.Errorf("Accept-Encoding %q", got)
			}
			if len(r.got) > 0 {
				t.Error("it reached the receiver")
			}
		})
	}
	r := &receiver{}
	if w := serve(handler(t, config(r)), encoded("gzip", gzipped(t, padded(webhook.MaxBody), gzip.BestSpeed))); w.Code != 200 {
		t.Errorf("at the limit: %d %s", w.Code, w.Body)
	}
}

// The mark is a part of what was sent.
func TestAByteOrderMarkIsPassedOver(t *testing.T) {
	r := &receiver{}
	if w := serve(handler(t, config(r)), post("\ufeff"+approved)); w.Code != 200 {
		t.Fatalf("answered %d %s", w.Code, w.Body)
	}
	if got := r.only(t); got.Report.Trigger != kyc.ReportApproved || got.Metadata.Payload != "\ufeff"+approved {
		t.Errorf("recorded %+v", got)
	}
}

func TestAStatusThatIsNotKnownIsCounted(t *testing.T) {
	const revoked = `{"session_id":"` + session + `","status":"REVOKED"}`
	const id = `{"session_id":"` + session + `","status":"` + session + `"}`
	m := &meter{}
	r := &receiver{receipt: command.Receipt{Outcome: kyc.Discarded, Position: 1, Version: 1, Last: 2}}
	cfg := config(r)
	cfg.Meter = m
	h := handler(t, cfg)
	serve(h, post(revoked))
	serve(h, post(id))
	r.receipt.Outcome = kyc.Duplicate
	serve(h, post(revoked))
	r.receipt.Outcome = kyc.Applied
	serve(h, post(approved))
	if len(m.unknown) != 2 || m.unknown[0] != "REVOKED" || m.unknown[1] != "" {
		t.Errorf("counted %q", m.unknown)
	}
}

func TestAWebhookWithoutADeliveryIDIsWarnedOfOnce(t *testing.T) {
	m, logged := &meter{}, &bytes.Buffer{}
	cfg := config(&receiver{})
	cfg.Meter, cfg.Logger = m, slog.New(slog.NewTextHandler(logged, nil))
	h := handler(t, cfg)
	serve(h, named())
	serve(h, post("{}")) // refused
	if m.unnamed != 0 || strings.Contains(logged.String(), "WARN") && strings.Contains(logged.String(), "delivery id") {
		t.Errorf("%d were counted: %s", m.unnamed, logged)
	}
	for range 3 {
		serve(h, good())
	}
	if n := strings.Count(logged.String(), "without a delivery id"); m.unnamed != 3 || n != 1 || !strings.Contains(logged.String(), "X-Hookdeck-Eventid") {
		t.Errorf("%d were counted, %d lines: %s", m.unnamed, n, logged)
	}
}
