package synaps

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

func ask(t *testing.T, c *Client) (kyc.Snapshot, error) {
	t.Helper()
	return c.Overview(t.Context(), kyc.DefaultApp, session, kyc.KindUnknown)
}

func TestARequestHasTheKeyOfItsApp(t *testing.T) {
	var header http.Header
	var method string
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		header, method = r.Header.Clone(), r.Method
		w.Header().Set("Set-Cookie", "a=b")
		answering(http.StatusOK, asJSON, overview(approved))(w, r)
	}).URL, func(c *Config) { c.Version, c.Keys["shop"] = "1.2", "key-shop" })
	for app, key := range map[kyc.App]string{kyc.DefaultApp: secretKey, "shop": "key-shop"} {
		got, err := c.Overview(t.Context(), app, session, kyc.KindUnknown)
		if err != nil || got.Status != "APPROVED" || got.Company || len(got.Steps) != 1 {
			t.Errorf("%v, %v", got, err)
		}
		for name, want := range map[string]string{
			"Api-Key": key, "Accept": "application/json", "User-Agent": "dossier/1.2", "Cache-Control": "no-cache", "Cookie": "",
		} {
			if got := header.Get(name); got != want || method != http.MethodGet {
				t.Errorf("%s %s: %s, want %s", method, name, got, want)
			}
		}
	}
	_, err := c.Overview(t.Context(), "other", session, kyc.KindUnknown)
	_, err2 := c.Details(t.Context(), reconcile.DetailsRequest{App: "other", Session: session, StepID: "1"})
	if !errors.Is(err, reconcile.ErrNoKey) || !errors.Is(err2, reconcile.ErrNoKey) || c.Knows("other") || !c.Knows("shop") {
		t.Errorf("%v, %v", err, err2)
	}
}

func TestACompanyIsToldByWhereItIsFound(t *testing.T) {
	c := client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/individual/") {
			answering(http.StatusNotFound, asJSON, notFound)(w, r)
			return
		}
		answering(http.StatusOK, asJSON, overview(`"status":"PENDING_VERIFICATION","steps":[{"type":"AML","status":"APPROVED"}]`))(w, r)
	}).URL)
	for _, kind := range kyc.Kinds() {
		got, err := c.Overview(t.Context(), kyc.DefaultApp, session, kind)
		if err != nil || !got.Company || got.Unknown || len(got.Steps) != 1 {
			t.Errorf("%s: %v, %v", kind, got, err)
		}
	}
}

func TestWhatAnAnswerMeans(t *testing.T) {
	for _, c := range []struct {
		status     int
		kind, body string
		want       error
		outcome    string
	}{
		{200, asJSON, overview(approved), nil, outcomeAnswered},
		{200, "text/html", overview(approved), reconcile.ErrAnswer, outcomeUnreadable},
		{200, asJSON, overview(approved)[:60], reconcile.ErrAnswer, outcomeUnreadable},
		{200, asJSON, overview(strings.Repeat(" ", maxOverview) + approved), reconcile.ErrAnswer, outcomeUnreadable},
		{204, asJSON, "", reconcile.ErrAnswer, outcomeUnreadable},
		{206, asJSON, overview(approved), reconcile.ErrAnswer, outcomeUnreadable},
		{304, asJSON, "", reconcile.ErrAnswer, outcomeUnreadable},
		{400, asJSON, notFound, reconcile.ErrRefused, outcomeRefused},
		{401, asJSON, notFound, reconcile.ErrRefused, outcomeRefused},
		{403, "text/html", "<html>", reconcile.ErrRefused, outcomeRefused},
		{410, asJSON, notFound, reconcile.ErrRefused, outcomeRefused},
		{404, asJSON, notFound, nil, outcomeNotFound},
		{404, "text/plain", `{"code":404,"message":"x"}`, nil, outcomeNotFound},
		{404, "text/html", "<html>", reconcile.ErrAnswer, outcomeUnreadable},
		{404, asJSON, `{"message":"no such route"}`, reconcile.ErrAnswer, outcomeUnreadable},
		{404, asJSON, `{"code":null,"message":"x"}`, reconcile.ErrAnswer, outcomeUnreadable},
		{404, asJSON, ``, reconcile.ErrAnswer, outcomeUnreadable},
		{404, asJSON, notFound + strings.Repeat(" ", maxRefusal), reconcile.ErrAnswer, outcomeUnreadable},
		{408, asJSON, notFound, reconcile.ErrUnavailable, outcomeUnavailable},
		{429, asJSON, notFound, reconcile.ErrUnavailable, outcomeLimited},
		{500, asJSON, overview(approved), reconcile.ErrUnavailable, outcomeUnavailable},
		{503, "text/html", strings.Repeat("x", 4*maxRefusal), reconcile.ErrUnavailable, outcomeUnavailable},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.kind), func(t *testing.T) {
			meter := &tally{}
			got, err := ask(t, client(t, serve(t, answering(c.status, c.kind, c.body)).URL, func(c *Config) { c.Meter = meter }))
			if !errors.Is(err, c.want) || got.Unknown != (c.outcome == outcomeNotFound) {
				t.Errorf("%v, %v", got, err)
			}
			if u, ok := errors.AsType[*reconcile.Unavailable](err); ok && u.Status != c.status {
				t.Errorf("it answered %d", u.Status)
			}
			if meter.calls["overview "+c.outcome] == 0 || len(meter.calls) != 1 {
				t.Errorf("%v", meter.calls)
			}
			secretive(t, err)
		})
	}
}

func TestDetailsAreLimitedToo(t *testing.T) {
	for size, want := range map[int]error{maxDetails: nil, maxDetails + 1: reconcile.ErrAnswer} {
		body := `"` + strings.Repeat("x", size-2) + `"`
		c := client(t, serve(t, answering(http.StatusOK, asJSON, body)).URL)
		got, err := c.Details(t.Context(), reconcile.DetailsRequest{App: kyc.DefaultApp, Session: session, StepID: "1"})
		if !errors.Is(err, want) || want == nil && (string(got.Body) != body || got.ContentType != asJSON) {
			t.Errorf("%d bytes: %d, %v", size, len(got.Body), err)
		}
	}
}

func TestAnAnswerWithoutAnEndIsCutOff(t *testing.T) {
	taken := make(chan int, 1)
	c := client(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", asJSON)
		n := 0
		for err := error(nil); err == nil && n < 1<<30; n += 64 << 10 {
			_, err = w.Write(make([]byte, 64<<10))
		}
		taken <- n
	}).URL)
	if _, err := ask(t, c); !errors.Is(err, reconcile.ErrAnswer) {
		t.Error(err)
	}
	if n := <-taken; n > 64<<20 { // what the buffers of the system take
		t.Errorf("%d bytes were taken", n)
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var followed atomic.Bool
	other := serve(t, func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		_, err := ask(t, client(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, status)
		}).URL))
		if !errors.Is(err, reconcile.ErrAnswer) {
			t.Errorf("%d: %v", status, err)
		}
		secretive(t, err)
	}
	if followed.Load() {
		t.Error("it was followed")
	}
}

func TestASilenceIsToldInAFewWords(t *testing.T) {
	broken := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	short := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, overview(approved)[:40])
	})
	mute := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	dripping := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, overview(approved)[:40])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	gone := httptest.NewServer(nil)
	gone.Close()
	secured := httptest.NewUnstartedServer(answering(http.StatusOK, asJSON, overview(approved)))
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	t.Cleanup(secured.Close)
	for name, c := range map[string]struct{ url, text string }{
		"broken off":        {broken.URL, "the connection was broken off"},
		"cut short":         {short.URL, "the connection was broken off"},
		"mute":              {mute.URL, "not within 200ms"},
		"dripping":          {dripping.URL, "not within 200ms"},
		"gone":              {gone.URL, "connection refused"},
		"unknown authority": {secured.URL, "TLS: the certificate is signed by an unknown authority"},
		"another protocol":  {garbling(t), "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			meter := &tally{}
			_, err := ask(t, client(t, c.url, func(config *Config) {
				config.Meter = meter
				if strings.HasPrefix(c.text, "not within") {
					config.Timeout = 200 * time.Millisecond
				}
			}))
			u, ok := errors.AsType[*reconcile.Unavailable](err)
			if !ok || u.Status != 0 || !strings.HasSuffix(fmt.Sprint(err), ": "+c.text) || meter.calls["overview no-answer"] != 1 {
				t.Errorf("%v, %v", err, meter.calls)
			}
			secretive(t, err)
		})
	}
	trusting := client(t, secured.URL, func(c *Config) {
		c.Roots = x509.NewCertPool()
		c.Roots.AddCert(secured.Certificate())
	})
	if _, err := ask(t, trusting); err != nil {
		t.Error(err)
	}
}

// garbling returns the URL of a server that speaks something else.
func garbling(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, "SSH-2.0-"+secretKey+"\r\n\r\n")
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestACallersEndIsToldAsSuch(t *testing.T) {
	arrived := make(chan struct{})
	meter := &tally{}
	c := client(t, serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}).URL, func(c *Config) { c.Meter, c.Tries = meter, 0 })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := c.Overview(ctx, kyc.DefaultApp, session, kyc.KindUnknown)
	if !errors.Is(err, context.Canceled) || errors.Is(err, reconcile.ErrUnavailable) || meter.calls["overview interrupted"] != 1 {
		t.Errorf("%v, %v", err, meter.calls)
	}
	secretive(t, err)
}

func TestManyMayAskAtOnce(t *testing.T) {
	c := client(t, serve(t, answering(http.StatusOK, asJSON, overview(approved))).URL)
	slow := c.Slow()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got, err := ask(t, c); err != nil || got.Status != "APPROVED" {
				t.Error(got, err)
			}
			_ = c.Remaining()
		})
	}
	wg.Go(func() {
		if _, err := ask(t, slow); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
}

func TestAKeptConnectionThatIsClosedIsNoFailure(t *testing.T) {
	s := serve(t, answering(http.StatusOK, asJSON, overview(approved)))
	c := client(t, s.URL)
	for range 3 {
		if _, err := ask(t, c); err != nil {
			t.Error(err)
		}
		s.CloseClientConnections()
	}
}

func TestAProxySeesNoKey(t *testing.T) {
	there := &url.URL{Scheme: "http", Host: "proxy.example"}
	proxy := proxyOf(func(*http.Request) (*url.URL, error) { return there, nil })
	for url, want := range map[string]bool{"http://api.example/": false, "https://api.example/": true} {
		if got, err := proxy(httptest.NewRequest(http.MethodGet, url, nil)); err != nil || (got == there) != want {
			t.Errorf("%s: %v, %v", url, got, err)
		}
	}
}
