package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

const reason = "Jane Doe's document \"looks\" forged\nsee page 2"

// private is what no log line may contain, in any form in which it came.
var private = []string{
	secret, goodQuery, "wrong-secret", "of-second", session, "Jane Doe", `look`, `"status"`, `\"status`, "/webhooks/", "evt_private",
}

func privateBody() string {
	body, _ := json.Marshal(map[string]string{"session_id": session, "status": "REJECTED", "reason": reason})
	return string(body)
}

// leaking are receivers' ends that repeat all they were given.
func leaking() map[string]func(context.Context) error {
	body := privateBody()
	return map[string]func(context.Context) error{
		"none": func(context.Context) error { return nil },
		"busy": func(context.Context) error { return eventlog.ErrBusy },
		"unavailable": func(context.Context) error {
			return fmt.Errorf("%w: stream default/%s", eventlog.ErrUnavailable, session)
		},
		"unstorable": func(context.Context) error { return fmt.Errorf("%w: %q", eventlog.ErrUnstorable, body) },
		"unexpected": func(context.Context) error { return errors.New("insert " + body + ": " + reason) },
		"quoted":     func(context.Context) error { return fmt.Errorf("arguments %q, %q", session, "because "+reason) },
		"panic":      func(context.Context) error { panic("index of " + session + " in " + body) },
	}
}

func TestNothingPrivateIsLogged(t *testing.T) {
	var logged bytes.Buffer
	for name, answer := range leaking() {
		cfg := config(&receiver{answer: answer})
		cfg.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
		open := httptest.NewUnstartedServer(handler(t, cfg))
		cfg.AllowIPs = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
		locked := httptest.NewUnstartedServer(handler(t, cfg))
		cfg.AllowIPs, cfg.SigningSecrets = nil, []string{"signing"}
		signed := httptest.NewUnstartedServer(handler(t, cfg))
		for _, server := range []*httptest.Server{open, locked, signed} {
			// The server's own log is an operator's log as well.
			server.Config.ErrorLog = log.New(&logged, "", 0)
			server.Start()
			sendAll(t, server)
			server.Close()
		}
		if logged.Len() == 0 {
			t.Fatalf("%s: nothing was logged at all", name)
		}
	}
	for _, word := range private {
		if i := strings.Index(logged.String(), word); i >= 0 {
			t.Errorf("%q was logged: ...%s", word, logged.String()[max(0, i-200):i+len(word)])
		}
	}
	for _, kind := range []string{
		"webhook accepted", "method-not-allowed", "forbidden", "unauthorized", "body-too-large", "malformed-json",
		"missing-session-id", "missing-status", "invalid-field", "invalid-delivery-id",
		"log-busy", "log-unavailable", "unstorable", "internal",
	} {
		if !strings.Contains(logged.String(), kind) {
			t.Errorf("no line with %q: the test did not go that way", kind)
		}
	}
}

// sendAll makes calls that take every way through the handler.
func sendAll(t *testing.T, server *httptest.Server) {
	t.Helper()
	const path = "/webhooks/synaps"
	body := privateBody()
	for _, c := range []struct{ method, target, body, delivery string }{
		{"POST", path + "?" + goodQuery, body, "evt_private"},
		{"POST", path + "/second?secret=of-second", body, "evt_private"},
		{"GET", path + "?" + goodQuery, "", ""},
		{"POST", path + "?secret=wrong-secret", body, "evt_private"},
		{"POST", path + "/" + session + "?secret=wrong-secret", body, "evt_private"},
		{"POST", path + "?" + goodQuery, body + strings.Repeat(" ", 1<<16), "evt_private"},
		{"POST", path + "?" + goodQuery, body + session, ""},
		{"POST", path + "?" + goodQuery, `{"status":"Jane Doe"}`, ""},
		{"POST", path + "?" + goodQuery, `{"session_id":"` + session + `"}`, ""},
		{"POST", path + "?" + goodQuery, `{"session_id":"` + session + `","status":["Jane Doe"]}`, ""},
		{"POST", path + "?" + goodQuery, body, "evt_private" + strings.Repeat("!", 600)},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, server.URL+c.target, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Hookdeck-Eventid", c.delivery)
		answer, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		for _, word := range []string{secret, session, "Jane Doe"} {
			if strings.Contains(string(text), word) {
				t.Errorf("answer %s repeats %q", text, word)
			}
		}
	}
}

// lines serves one call and returns what was logged, by its level and above.
func lines(t *testing.T, level slog.Level, r *receiver, call *http.Request) []map[string]any {
	t.Helper()
	var logged bytes.Buffer
	cfg := config(r)
	cfg.Logger = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: level}))
	cfg.SessionRef = func(app kyc.App, id kyc.SessionID) string { return fmt.Sprint("ref of ", len(id), " in ", string(app)) }
	serve(handler(t, cfg), call)
	var all []map[string]any
	for d := json.NewDecoder(&logged); d.More(); {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		delete(line, "time")
		delete(line, "stack")
		all = append(all, line)
	}
	return all
}

func TestLevelsOfLogLines(t *testing.T) {
	wrong := good()
	wrong.URL.RawQuery = "secret=wrong"
	for name, c := range map[string]struct {
		r    *receiver
		call *http.Request
		want string
	}{
		"accepted": {&receiver{}, named(), `[{"app":"default","level":"DEBUG","msg":"webhook accepted","outcome":"applied",` +
			`"position":12,"session_ref":"ref of 32 in default"}]`},
		"unauthorized": {&receiver{}, wrong, `[{"level":"INFO","msg":"webhook refused","problem":"unauthorized"}]`},
		"invalid": {&receiver{}, post(`{"session_id":1}`), `[{"app":"default","detail":"session_id: a string is expected",` +
			`"level":"WARN","msg":"webhook refused","problem":"invalid-field"}]`},
		"busy": {&receiver{answer: func(context.Context) error { return eventlog.ErrBusy }}, good(),
			`[{"app":"default","cause":"the event log is busy","level":"WARN","msg":"webhook refused",` +
				`"problem":"log-busy","session_ref":"ref of 32 in default"}]`},
		"unexpected": {&receiver{answer: func(context.Context) error { return errors.New("disk " + session) }}, good(),
			`[{"app":"default","cause":"disk [private]","level":"ERROR","msg":"webhook refused",` +
				`"problem":"internal","session_ref":"ref of 32 in default"}]`},
		"a short session id": {&receiver{answer: func(context.Context) error { return eventlog.ErrUnavailable }},
			post(`{"session_id":"a","status":"APPROVED"}`),
			`[{"app":"default","cause":"the event log is unavailable","level":"WARN","msg":"webhook refused",` +
				`"problem":"log-unavailable","session_ref":"ref of 1 in default"}]`},
		"panic": {&receiver{answer: func(context.Context) error { panic(errors.New("in " + session)) }}, good(),
			`[{"app":"default","cause":"panic: a value of type *errors.errorString","level":"ERROR","msg":"webhook refused",` +
				`"problem":"internal","session_ref":"ref of 32 in default"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := json.Marshal(lines(t, slog.LevelDebug, c.r, c.call))
			if string(got) != c.want {
				t.Errorf("logged %s\nwant   %s", got, c.want)
			}
		})
	}
}

func TestAcceptedWebhooksAreSilentAboveDebug(t *testing.T) {
	if got := lines(t, slog.LevelInfo, &receiver{}, named()); len(got) != 0 {
		t.Errorf("logged %v", got)
	}
}

func TestLongCausesAreCut(t *testing.T) {
	r := &receiver{answer: func(context.Context) error { return errors.New(strings.Repeat("é", 5000)) }}
	cause := lines(t, slog.LevelDebug, r, good())[0]["cause"].(string)
	if len(cause) > 520 || strings.ContainsRune(cause, '\uFFFD') {
		t.Errorf("a cause of %d bytes was logged: %q", len(cause), cause)
	}
}
