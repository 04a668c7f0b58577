package webhook_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"dossier/ports/webhook"
)

// padded returns an accepted body of a length.
func padded(length int) string { return approved + strings.Repeat(" ", length-len(approved)) }

func TestBodyLimit(t *testing.T) {
	for name, c := range map[string]struct {
		length  int
		chunked bool
		ok      bool
	}{
		"at the limit":            {webhook.MaxBody, false, true},
		"one above":               {webhook.MaxBody + 1, false, false},
		"at the limit, chunked":   {webhook.MaxBody, true, true},
		"one above, chunked":      {webhook.MaxBody + 1, true, false},
		"far above, chunked":      {32 * webhook.MaxBody, true, false},
		"far above, length known": {32 * webhook.MaxBody, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			call := post(padded(c.length))
			if c.chunked {
				call.ContentLength = -1
			}
			w := serve(handler(t, config(r)), call)
			if !c.ok {
				wantProblem(t, w, 413, "body-too-large")
				return
			}
			if got := r.only(t).Metadata.Payload; len(got) != c.length {
				t.Errorf("recorded %d bytes of %d", len(got), c.length)
			}
		})
	}
}

func TestLengthThatIsTooLargeIsRefusedUnread(t *testing.T) {
	call := good()
	call.ContentLength = webhook.MaxBody + 1
	call.Body = io.NopCloser(iotest.ErrReader(fmt.Errorf("read although it is too large")))
	wantProblem(t, serve(handler(t, config(&receiver{})), call), 413, "body-too-large")
}

func TestBodyThatCanNotBeReadIsToBeSentAgain(t *testing.T) {
	for name, fault := range map[string]error{"broken off": io.ErrUnexpectedEOF, "too slow": os.ErrDeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			r := &receiver{}
			call := good()
			call.Body = io.NopCloser(io.MultiReader(strings.NewReader(approved), iotest.ErrReader(fault)))
			wantProblem(t, serve(handler(t, config(r)), call), 503, "interrupted")
			if len(r.got) != 0 {
				t.Error("a part of a webhook reached the receiver")
			}
		})
	}
}

// What the connection delivered is itself a complete webhook: only the length
// that was announced tells that the rest is missing.
func TestConnectionThatBreaksOff(t *testing.T) {
	r := &receiver{}
	server := httptest.NewServer(handler(t, config(r)))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /webhooks/synaps?%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s",
		goodQuery, len(approved)+1, approved)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("answered %s, Retry-After %q", answer.Status, answer.Header.Get("Retry-After"))
	}
	if len(r.got) != 0 {
		t.Error("a part of a webhook reached the receiver")
	}
}
