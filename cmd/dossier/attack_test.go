package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The limits are what stands between the service and connections that are held
// and not used.
func TestConnectionsAreLimited(t *testing.T) {
	t.Parallel()
	server := serve(t, sqliteURL(t)).service.server
	for what, limit := range map[string]time.Duration{
		"for headers": server.ReadHeaderTimeout, "for a request": server.ReadTimeout,
		"for an answer": server.WriteTimeout, "while idle": server.IdleTimeout,
	} {
		if limit <= 0 || limit > 5*time.Minute {
			t.Errorf("the limit %s is %s", what, limit)
		}
	}
	if server.MaxHeaderBytes <= 0 || server.MaxHeaderBytes > 1<<20 {
		t.Errorf("headers may have %d bytes", server.MaxHeaderBytes)
	}
	// A read may wait for a position as long as it asks for.
	if server.WriteTimeout <= 30*time.Second {
		t.Errorf("an answer has %s, less than a read may wait", server.WriteTimeout)
	}
}

func TestOversizedHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, sqliteURL(t))
	s.http.CloseIdleConnections()
	a := s.post(hook{fields: good(), header: http.Header{"X-Large": {strings.Repeat("x", 64<<10)}}})
	equal(t, "status", a.status, http.StatusRequestHeaderFieldsTooLarge)
	equal(t, "head", s.head(), 0)
}

// rawCall sends a request target as it stands, which a client of net/http would
// tidy up, and returns the answer.
func (c *client) rawCall(method, target, body string) answer {
	c.tb.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.base, "http://"))
	if err != nil {
		c.tb.Fatal(err)
	}
	defer conn.Close()
	if deadline, ok := bounded(c.tb).Deadline(); ok {
		_ = conn.SetDeadline(deadline) // of a connection that is open
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		method, target, c.token, len(body), body)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, target, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.tb.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, text}
}

// Routers like to redirect to a tidy path, which repeats the session id in a
// header that proxies log.
func TestNoPathIsRedirected(t *testing.T) {
	t.Parallel()
	s := serve(t, sqliteURL(t))
	s.send(hook{fields: withID(leakyID, whole("PENDING_VERIFICATION", ""))}, "applied")
	s.session(leakyID, 1)
	for _, target := range []string{
		"//v1/sessions/default/" + leakyID, "/v1//sessions/default/" + leakyID, "/v1/sessions/default/" + leakyID + "/",
		"/v1/sessions/default/./" + leakyID, "/v1/../v1/sessions/default/" + leakyID, "/v1/sessions/default/" + leakyID + "/../" + leakyID,
		"/./v1/sessions/default/" + leakyID + "?x=/..", "/v1/sessions/default//" + leakyID, "/v1/sessions/default/" + leakyID + "/events/",
		"//webhooks/synaps/default?secret=" + hookSecret, "/webhooks//synaps?secret=" + hookSecret, "/webhooks/./synaps?secret=" + hookSecret,
		"/webhooks/synaps/?secret=" + hookSecret, "/webhooks/synaps/default/?secret=" + hookSecret, "/webhooks/synaps/../../metrics?secret=" + hookSecret,
		"/v1/sessions/default/..%2f..%2fmetrics", "/docs/..%2f..%2f" + leakyID, "/docs/" + leakyID, "/docs/", "/metrics/", "/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			checkNotRedirected(t, method+" "+target, s.rawCall(method, target, `{"session_id":"`+leakyID+`","status":"APPROVED"}`))
		}
	}
	equal(t, "head", s.head(), 1)
	checkSilent(t, "the log", s.logs.String(), []string{leakyID, hookSecret, adminToken})
}

func checkNotRedirected(t *testing.T, what string, a answer) {
	t.Helper()
	if a.status < 400 || a.header.Get("Location") != "" {
		t.Errorf("%s: %d to %q", what, a.status, a.header.Get("Location"))
	}
	checkSilent(t, what, string(a.body)+fmt.Sprint(a.header), []string{leakyID, hookSecret, adminToken})
}

// An id may be anything that text can be: it is found under its own name only.
func TestSessionIDsOfEveryForm(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		ids := []string{
			`a/b`, `..`, `.`, `a//b`, `a?b#c`, `a%2Fb`, `a b+c`, `'; DROP TABLE events; --`, `"quoted"\`, `Пользователь`, `日本`, `$1`, `%s`,
			strings.Repeat("x", 512),
		}
		for _, id := range ids {
			c.send(hook{fields: withID(id, whole("PENDING_VERIFICATION", ""))}, "applied")
		}
		for _, id := range ids {
			if id == "." || id == ".." || id == "a//b" {
				continue // they can only be sent in escapes, which not every client makes
			}
			equal(t, "session "+id[:1], c.session(id, 14).SessionID, id)
		}
		auditLog(t, c)
		equal(t, "sessions", len(c.sessions("", c.head())), 14)
	})
}
