package receiver

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// raw is a server that does with its connections as it likes.
func raw(t *testing.T, serve func(net.Conn)) string {
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
			serve(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func at(t *testing.T, url string, change ...func(*Config)) *Receiver {
	t.Helper()
	c := Config{URL: withSecrets(url), Secrets: []string{NewSecret()}, AllowPrivate: true}
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

// asked reads one request.
func asked(c net.Conn) {
	if r, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
}

// A server closes connections that it kept for as long as it likes, and may do so
// when the next delivery is on its way.
func TestAKeptConnectionThatIsClosedIsNoFailure(t *testing.T) {
	connections := 0
	address := raw(t, func(c net.Conn) {
		connections++
		asked(c)
		_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		if connections == 1 {
			asked(c) // and closes it
		}
	})
	r := at(t, "http://"+address)
	for range 2 {
		if err := r.Deliver(t.Context(), message()); err != nil {
			t.Error(err)
		}
	}
}

func TestACauseIsToldInAFewWords(t *testing.T) {
	mute := raw(t, func(c net.Conn) { asked(c); _, _ = io.Copy(io.Discard, c) })
	broken := raw(t, asked)
	garbled := raw(t, func(c net.Conn) { asked(c); _, _ = io.WriteString(c, "SSH-2.0-"+password+"\r\n\r\n") })
	huge := raw(t, func(c net.Conn) {
		asked(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20)+"\r\n\r\n")
	})
	unheard, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := unheard.Addr().String()
	_ = unheard.Close()
	secured := secure(t, func(http.ResponseWriter, *http.Request) {})
	// Before TLS 1.3 the server refuses while it is being waited for.
	demanding := httptest.NewUnstartedServer(nil)
	demanding.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}
	demanding.Config.ErrorLog = quiet()
	demanding.StartTLS()
	t.Cleanup(demanding.Close)
	trust := func(c *Config) {
		c.Roots = x509.NewCertPool()
		c.Roots.AddCert(secured.Certificate())
	}
	_, port, _ := net.SplitHostPort(secured.Listener.Addr().String())
	patient := func(c *Config) { c.Timeout = 50 * time.Millisecond }
	for _, c := range []struct {
		name, url, text string
		change          func(*Config)
	}{
		{"mute", "http://" + mute, "no answer within 50ms", patient},
		{"broken off", "http://" + broken, "the connection was broken off", nil},
		{"garbled", "http://" + garbled, "no answer", nil},
		{"huge header", "http://" + huge, "no answer", nil},
		{"refusing", "http://" + refusing, "connection refused", nil},
		{"private", "http://" + refusing, "the address is private", func(c *Config) {
			c.AllowPrivate, c.URL = false, strings.Replace(c.URL, "http:", "https:", 1)
		}},
		{"unknown name", "https://dossier.invalid", "the name of the host is unknown", func(c *Config) { c.Resolver = names(t) }},
		{"no TLS", "https://" + plain(t, func(http.ResponseWriter, *http.Request) {}).Listener.Addr().String(), "TLS: the server does not speak it", nil},
		{"unknown authority", secured.URL, "TLS: the certificate is signed by an unknown authority", nil},
		{"another name", "https://localhost:" + port, "TLS: the certificate is for another name", trust},
		{"a client's certificate", demanding.URL, "TLS: the handshake was refused", trust},
	} {
		t.Run(c.name, func(t *testing.T) {
			changes := []func(*Config){}
			if c.change != nil {
				changes = append(changes, c.change)
			}
			failed(t, at(t, c.url, changes...).Deliver(t.Context(), message()), 0, c.text)
		})
	}
}
