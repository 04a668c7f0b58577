package webhook

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

func seeds(f *testing.F, add func(body []byte)) {
	f.Helper()
	for _, body := range []string{
		documented, "", "{}", "[]", `{"session_id":"s","state":"REJECTED","step_id":1e5,"service":null}`,
		`{"session_id":"\ud800\u0000","status":"\"\\","x":[{"y":"}"}],"reason":"\u0000"} `, "{\"\xff\":1}",
		` {"a" : 1 , "session_id" : "s","status":"","step_id":"","service":"S" }`, `{"session_id":"s","status":"NEW"}`,
		"\ufeff" + documented, `{"session_id":"s","status":"REJECTED","reason":{"a":[1,"\u0000"]},"service":[]}`, `{"session_id":"s","status":"REJECTED","reason":-1e9}`,
	} {
		add([]byte(body))
	}
}

func FuzzParse(f *testing.F) {
	seeds(f, func(body []byte) { f.Add(body) })
	f.Fuzz(func(t *testing.T, body []byte) {
		marked := append([]byte(byteOrderMark), body...)
		if _, err := parse(body); !bytes.HasPrefix(body, []byte(byteOrderMark)) {
			if _, again := parse(marked); (err == nil) != (again == nil) {
				t.Errorf("%q: %v, and %v with a byte order mark", body, err, again)
			}
		}
		body = withoutMark(body)
		wantSameMembers(t, body)
		m, err := parse(body)
		if err != nil {
			if p, ok := err.(problem.Problem); !ok || p.Status != http.StatusBadRequest {
				t.Errorf("%q: %v is no refusal", body, err)
			}
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Errorf("%q was taken", body)
		}
		wantWithinLimits(t, m)
	})
}

func wantWithinLimits(t *testing.T, m message) {
	t.Helper()
	r := m.report
	for name, c := range map[string]struct {
		text string
		max  int
		nul  bool
	}{
		"session id": {string(m.session), eventlog.MaxSessionID, false},
		"step id":    {string(r.StepID), maxStepID, false},
		"service":    {string(r.Service), maxService, false},
		"reason":     {r.Reason, 1 << 20, true},
		"status":     {r.Status, 1 << 20, true},
	} {
		if !utf8.ValidString(c.text) || len(c.text) > c.max || !c.nul && strings.Contains(c.text, "\x00") {
			t.Errorf("%s %q of %d bytes was taken", name, c.text, len(c.text))
		}
	}
	if m.session == "" || r.Trigger.Known() == (r.Status != "") {
		t.Errorf("session %q, trigger %q, status %q", string(m.session), r.Trigger, r.Status)
	}
	if r.CompanyForm && (r.StepID != "" || r.Service != "") {
		t.Errorf("the form of a company with the step %q, service %q", r.StepID, r.Service)
	}
}

// Whatever is compressed, or is said to be: no more than a body is read of it, and
// what was compressed by gzip is what comes out.
func FuzzDecompressed(f *testing.F) {
	f.Add("gzip", zipped([]byte(documented)))
	f.Add("x-gzip", append(zipped([]byte("{")), zipped([]byte("}"))...))
	f.Add("gzip", zipped(make([]byte, MaxBody+1)))
	f.Add("gzip", zipped([]byte(documented))[:20])
	f.Add("gzip, gzip", zipped(zipped([]byte(documented))))
	f.Add("identity", []byte(documented))
	f.Add("br", []byte("\x0b\x02\x80{}\x03"))
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		text, err := decompressed(http.Header{"Content-Encoding": {encoding}}, body)
		if p, ok := err.(problem.Problem); err != nil && (!ok || p.Status != 400 && p.Status != 413 && p.Status != 415) {
			t.Errorf("%q: %v is no refusal", encoding, err)
		}
		if err == nil && len(text) > max(MaxBody, len(body)) {
			t.Errorf("%d bytes were read", len(text))
		}
		if len(body) > MaxBody {
			return
		}
		if again, err := decompressed(http.Header{"Content-Encoding": {"gzip"}}, zipped(body)); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%d bytes come out as %d, %v", len(body), len(again), err)
		}
	})
}

// A bomb is not unpacked to be measured.
func TestABombIsReadNoFurtherThanABody(t *testing.T) {
	bomb := zipped(make([]byte, 60*MaxBody*10))
	if len(bomb) > MaxBody {
		t.Fatalf("the bomb has %d bytes", len(bomb))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := decompressed(http.Header{"Content-Encoding": {"gzip"}}, bomb)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; err != error(problem.BodyTooLarge) || used > 20*MaxBody {
		t.Errorf("%v after %d bytes were used", err, used)
	}
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// counted is a receiver that counts its calls, and takes every other webhook.
type counted struct{ calls int }

func (c *counted) Handle(_ context.Context, w command.Webhook) (command.Receipt, error) {
	c.calls++
	if w.Report.StepID == "busy" {
		return command.Receipt{}, eventlog.ErrBusy
	}
	return command.Receipt{Outcome: kyc.Applied, Position: 1, Version: 1, Last: 1}, nil
}

func FuzzHandler(f *testing.F) {
	seeds(f, func(body []byte) {
		f.Add("POST", "/webhooks/synaps", "secret=s", "evt", "1", "", "", "192.0.2.1:1", body)
	})
	f.Add("GET", "/webhooks/synaps/x", "secret=%zz&secret=s", "\xff", "-1", "c2ln", "::1, 10.0.0.1", "10.0.0.1:1", []byte(documented))
	f.Add("POST", "/webhooks/synaps/default", "secret=s", "", "2", "", "192.0.2.1", "10.0.0.1:1",
		[]byte(`{"session_id":"s","status":"RESET","step_id":"busy"}`))
	f.Fuzz(func(t *testing.T, method, path, query, delivery, attempt, signature, forwarded, peer string, body []byte) {
		receiver := &counted{}
		h, err := New(Config{
			Secrets: map[kyc.App][]string{kyc.DefaultApp: {"s"}}, Receiver: receiver,
			SessionRef: func(kyc.App, kyc.SessionID) string { return "" },
			AllowIPs:   prefixes("192.0.2.0/24"), TrustedProxies: prefixes("10.0.0.0/8"),
		})
		if err != nil {
			t.Fatal(err)
		}
		r := (&http.Request{
			Method: method, URL: &url.URL{Path: path, RawQuery: query}, RemoteAddr: peer, ContentLength: -1,
			Body: io.NopCloser(strings.NewReader(string(body))),
			Header: http.Header{
				"X-Hookdeck-Eventid": {delivery}, "X-Hookdeck-Attempt-Count": {attempt}, "X-Hookdeck-Requestid": {delivery},
				"X-Hookdeck-Signature": {signature}, "X-Forwarded-For": {forwarded},
			},
		}).WithContext(t.Context())
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)

		if !slices.Contains([]int{200, 400, 401, 403, 405, 413, 503}, w.Code) || !json.Valid(w.Body.Bytes()) {
			t.Errorf("answered %d %q", w.Code, w.Body)
		}
		if reached := receiver.calls == 1; reached != (w.Code == 200 || w.Code == 503) || receiver.calls > 1 {
			t.Errorf("answered %d after %d calls of the receiver", w.Code, receiver.calls)
		}
	})
}

func prefixes(text string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(text)} }

// The first secret must be the one that net/url finds.
func FuzzSecretOf(f *testing.F) {
	for _, query := range []string{
		"secret=a", "secret=a%20b+c&secret=d", "x=1&secret", "secret=%zz&secret=b", "a;secret=b", "secret=a;b&secret=c", "%73ecret=a", "&&=&secret==a=", "s%zz=1",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if strings.Count(query, "&") > 100 {
			t.Skip("net/url may refuse very many parameters")
		}
		values, _ := url.ParseQuery(query)
		if got, want := secretOf(query), values.Get("secret"); got != want {
			t.Errorf("secret of %q is %q, want %q", query, got, want)
		}
	})
}
