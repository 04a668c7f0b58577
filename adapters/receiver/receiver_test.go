package receiver

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dossier/application/eventlog"
	"dossier/application/relay"
)

// What no error may repeat.
const (
	password  = "hunter2hunter2"
	sessionID = "2ac3f7ab-3729-f968-3f55-aa47e881"
	query     = "token=0123456789"
)

func message() relay.Message {
	return relay.Message{
		Event: eventlog.Recorded{
			EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90",
			Stream:  eventlog.Stream{App: "default", Session: sessionID},
		},
		Key:  "abcdefgh234567ab",
		Body: []byte(`{"specversion":"1.0","subject":"` + sessionID + `"}`),
	}
}

// deliverTo returns a receiver at a server, with a query and credentials in its
// URL.
func deliverTo(t *testing.T, s *httptest.Server, change ...func(*Config)) *Receiver {
	t.Helper()
	c := Config{URL: withSecrets(s.URL), Secrets: []string{NewSecret()}, AllowPrivate: true, Version: "1.2.3"}
	if s.TLS != nil {
		c.Roots = x509.NewCertPool()
		c.Roots.AddCert(s.Certificate())
	}
	for _, f := range change {
		f(&c)
	}
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func withSecrets(url string) string {
	return strings.Replace(url, "://", "://anna:"+password+"@", 1) + "/events?" + query
}

// secure starts a server whose log of refused handshakes goes nowhere.
func secure(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = quiet()
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func plain(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// failed checks a failure, and that it repeats nothing of the call.
func failed(t *testing.T, err error, status int, text string) *relay.Failure {
	t.Helper()
	f, ok := errors.AsType[*relay.Failure](err)
	if !ok || f.Status != status || f.Error() != text {
		t.Fatalf("%v, want %d, %q", err, status, text)
	}
	secretive(t, err)
	return f
}

func secretive(t *testing.T, err error) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		text += inner.Error()
	}
	for _, secret := range []string{password, sessionID, "0123456789", "127.0.0.1", "localhost", "/events", "anna", "whsec_"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is repeated in %s", secret, text)
		}
	}
}

func TestADeliveryIsWhatTheReceiverExpects(t *testing.T) {
	secrets := []string{NewSecret(), NewSecret()}
	m := message()
	var faults []string
	check := func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, pass, _ := r.BasicAuth()
		for name, ok := range map[string]bool{
			"method":         r.Method == http.MethodPost,
			"target":         r.URL.String() == "/events?"+query,
			"credentials":    user == "anna" && pass == password,
			"body":           string(body) == string(m.Body),
			"length":         r.ContentLength == int64(len(m.Body)),
			"type":           r.Header.Get("Content-Type") == "application/cloudevents+json",
			"agent":          r.Header.Get("User-Agent") == "dossier/1.2.3",
			"id":             r.Header.Get("webhook-id") == m.Event.EventID,
			"cookies":        len(r.Cookies()) == 0,
			"one each":       strings.Count(r.Header.Get("webhook-signature"), "v1,") == len(secrets),
			"other headers":  !strings.Contains(fmt.Sprint(r.Header), sessionID),
			"unsent":         len(r.Header.Values("Idempotency-Key")) == 0,
			"protocol HTTP2": r.TLS == nil || r.ProtoMajor == 2,
		} {
			if !ok {
				faults = append(faults, name)
			}
		}
		for i, secret := range secrets {
			verifier, _ := standardwebhooks.NewWebhook(secret)
			if err := verifier.Verify(body, r.Header); err != nil {
				faults = append(faults, fmt.Sprintf("secret %d: %v", i, err))
			}
			changed := append([]byte(nil), body...)
			changed[len(changed)/2] ^= 1
			if verifier.Verify(changed, r.Header) == nil {
				faults = append(faults, "a changed body passes")
			}
			header := r.Header.Clone()
			header.Set("webhook-id", "another")
			if verifier.Verify(body, header) == nil {
				faults = append(faults, "a changed id passes")
			}
		}
		if other, _ := standardwebhooks.NewWebhook(NewSecret()); other.Verify(body, r.Header) == nil {
			faults = append(faults, "another secret passes")
		}
	}
	for _, s := range []*httptest.Server{plain(t, check), secure(t, check)} {
		r := deliverTo(t, s, func(c *Config) { c.Secrets = secrets })
		if err := r.Deliver(t.Context(), m); err != nil || len(faults) > 0 {
			t.Errorf("%v, wrong: %q", err, faults)
		}
	}
}

func TestASignatureTellsItsTime(t *testing.T) {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	secret := NewSecret()
	var err error
	s := plain(t, func(_ http.ResponseWriter, r *http.Request) {
		verifier, _ := standardwebhooks.NewWebhook(secret)
		body, _ := io.ReadAll(r.Body)
		if err = verifier.VerifyIgnoringTimestamp(body, r.Header); err == nil && verifier.Verify(body, r.Header) == nil {
			err = errors.New("an old delivery passes")
		}
		if r.Header.Get("webhook-timestamp") != fmt.Sprint(at.Unix()) {
			err = errors.New(r.Header.Get("webhook-timestamp"))
		}
	})
	r := deliverTo(t, s, func(c *Config) { c.Secrets, c.Now = []string{secret}, func() time.Time { return at } })
	if delivered := r.Deliver(t.Context(), message()); delivered != nil || err != nil {
		t.Errorf("%v, %v", delivered, err)
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status int
		header string
		after  time.Duration
	}{
		{status: 200}, {status: 201}, {status: 202}, {status: 204}, {status: 299}, {status: 410},
		{status: 300}, {status: 304}, {status: 400}, {status: 401}, {status: 404}, {status: 500}, {status: 599},
		{429, "7", 7 * time.Second}, {503, "99999999999999999999", time.Hour}, {503, "soon", 0}, {429, "-1", 0},
		{503, "Thu, 01 Jan 2026 00:02:00 GMT", 2 * time.Minute}, {503, "Wed, 31 Dec 2025 00:00:00 GMT", 0},
	} {
		s := plain(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", c.header)
			w.WriteHeader(c.status)
		})
		now := func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
		err := deliverTo(t, s, func(g *Config) { g.Now = now }).Deliver(t.Context(), message())
		switch {
		case c.status < 300:
			if err != nil {
				t.Errorf("%d: %v", c.status, err)
			}
		case c.status == 410:
			if !errors.Is(err, relay.ErrGone) {
				t.Errorf("410: %v", err)
			}
		default:
			if f := failed(t, err, c.status, fmt.Sprintf("answered %d", c.status)); f.RetryAfter != c.after {
				t.Errorf("%d with %q asks for %v, want %v", c.status, c.header, f.RetryAfter, c.after)
			}
		}
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var followed atomic.Bool
	other := plain(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
		})
		failed(t, deliverTo(t, s).Deliver(t.Context(), message()), status, fmt.Sprintf("answered %d", status))
	}
	if followed.Load() {
		t.Error("it was followed")
	}
}

func TestAnAnswerWithoutAnEndIsCutOff(t *testing.T) {
	taken := make(chan int)
	s := plain(t, func(w http.ResponseWriter, _ *http.Request) {
		n := 0
		for err := error(nil); err == nil && n < 1<<30; n += 64 << 10 {
			_, err = w.Write(make([]byte, 64<<10))
		}
		taken <- n
	})
	delivered := make(chan error, 1)
	r := deliverTo(t, s)
	go func() { delivered <- r.Deliver(t.Context(), message()) }()
	if n := <-taken; n > 64<<20 { // what the buffers of the system take
		t.Errorf("%d bytes were taken", n)
	}
	if err := <-delivered; err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(make([]byte, 4096))
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	r := deliverTo(t, s)
	for range 5 {
		failed(t, r.Deliver(t.Context(), message()), 503, "answered 503")
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestAProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if r := deliverTo(t, plain(t, func(http.ResponseWriter, *http.Request) {})); r.transport.Proxy != nil {
		t.Error("it is")
	}
}

func TestACallersEndIsToldAsSuch(t *testing.T) {
	arrived := make(chan struct{})
	s := plain(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	err := deliverTo(t, s).Deliver(ctx, message())
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	secretive(t, err)
}

func TestNothingPrintsAReceiver(t *testing.T) {
	r := deliverTo(t, plain(t, func(http.ResponseWriter, *http.Request) {}))
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, r); got != "[receiver]" {
			t.Errorf("%s: %s", format, got)
		}
	}
}
