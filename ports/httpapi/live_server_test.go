package httpapi_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dossier/ports/httpapi"
)

// pipes is a network without a buffer, whose time is that of the test: what a
// client does not read stays with the server.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newPipes() *pipes { return &pipes{dialled: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialled:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.dialled <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// liveServer serves the API with the limits of the real service.
type liveServer struct {
	*service
	server *http.Server
	client *http.Client
	ends   *endings
	stop   func() // tells the streams that the service shuts down
}

// live runs a test in a time of its own against a server.
func live(t *testing.T, test func(*testing.T, *liveServer), change ...func(*httpapi.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		closing, stop := context.WithCancel(context.Background())
		defer stop()
		l := &liveServer{ends: &endings{}, stop: stop}
		l.service = newService(t, append([]func(*httpapi.Config){func(c *httpapi.Config) {
			c.Live = httpapi.Live{Closing: closing.Done(), Meter: l.ends}
		}}, change...)...)
		network := newPipes()
		l.server = &http.Server{
			Handler: l.service, ReadTimeout: 20 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		}
		l.server.RegisterOnShutdown(stop)
		served := make(chan error, 1)
		go func() { served <- l.server.Serve(network) }()
		transport := &http.Transport{DialContext: network.dial, DisableKeepAlives: true}
		l.client = &http.Client{Transport: transport}
		defer func() {
			stop()
			_ = l.server.Close()
			<-served
			transport.CloseIdleConnections()
		}()
		test(t, l)
	})
}

// endings is a meter.
type endings struct {
	mu   sync.Mutex
	open int
	why  []string
}

func (e *endings) Streams(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open = n
}

func (e *endings) StreamEnded(why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.why = append(e.why, why)
}

// are checks how many streams there are, and why others ended, once nothing
// happens any more.
func (e *endings) are(t *testing.T, open int, why ...string) {
	t.Helper()
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open != open || strings.Join(e.why, " ") != strings.Join(why, " ") {
		t.Errorf("%d streams, ended %q, want %d, %q", e.open, e.why, open, why)
	}
}

// listener is a client of a stream.
type listener struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Reader
	leave  context.CancelFunc
	id     string // as a browser keeps it
	frames chan frame
}

// listen opens a stream, with headers given as name and value in turns, and
// takes what comes as it comes.
func (l *liveServer) listen(t *testing.T, role, query string, headers ...string) *listener {
	t.Helper()
	c := l.connect(t, role, query, headers...)
	c.frames = make(chan frame, 4096)
	go func() {
		defer close(c.frames)
		for f := c.read(); f != nil; f = c.read() {
			c.frames <- f
		}
	}()
	if f := c.next(); len(f) != 1 || f["retry"] != "1000" {
		t.Fatalf("it begins with %v", f)
	}
	return c
}

// connect opens a stream and takes nothing of it.
func (l *liveServer) connect(t *testing.T, role, query string, headers ...string) *listener {
	t.Helper()
	answer, leave := l.open(t, http.MethodGet, role, query, headers...)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s %s: %s", answer.Status, answer.Header.Get("Content-Type"), body)
	}
	c := &listener{t: t, answer: answer, lines: bufio.NewReader(answer.Body), leave: leave}
	t.Cleanup(c.close)
	return c
}

func (l *liveServer) open(t *testing.T, method, role, query string, headers ...string) (*http.Response, context.CancelFunc) {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, method, "http://dossier/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+role)
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := l.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return answer, leave
}

// refused asks for a stream that can't be had. One that begins all the same ends
// after a minute, with another status.
func (l *liveServer) refused(t *testing.T, role, query, lastID string) answer {
	t.Helper()
	ctx, leave := context.WithTimeout(context.Background(), time.Minute)
	defer leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/events"+query, nil)
	r.Header = http.Header{"Accept": {"text/event-stream"}, "Authorization": {"Bearer " + role}, "Last-Event-Id": {lastID}}
	a := answer{httptest.NewRecorder(), t}
	l.ServeHTTP(a, r)
	if a.Code >= http.StatusBadRequest {
		a.keepsPromises(r)
		l.spec.check(t, r, a)
	}
	return a
}

func (c *listener) close() {
	c.leave()
	_ = c.answer.Body.Close()
}

// frame is one message of a stream, by the names of its lines; comments have
// none.
type frame map[string]string

// next returns the next message; nil at the end of the stream.
func (c *listener) next() frame {
	c.t.Helper()
	f := <-c.frames
	if f["fault"] != "" {
		c.t.Fatal(f["fault"])
	}
	if id, ok := f["id"]; ok {
		c.id = id
	}
	return f
}

// read reads a message; nil at the end of the stream.
func (c *listener) read() frame {
	f := frame{}
	for {
		line, err := c.lines.ReadString('\n')
		if errors.Is(err, context.Canceled) || errors.Is(err, io.EOF) && line == "" && len(f) == 0 {
			return nil
		}
		if err != nil {
			c.frames <- frame{"fault": err.Error()}
			return nil
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return f
		}
		name, value, _ := strings.Cut(line, ":")
		if earlier, ok := f[name]; ok {
			value = earlier + "\n" + strings.TrimPrefix(value, " ")
		}
		f[name] = strings.TrimPrefix(value, " ")
	}
}

// ids reads n events and returns their ids.
func (c *listener) ids(n int) string {
	c.t.Helper()
	var ids []string
	for len(ids) < n {
		f := c.next()
		if f == nil {
			c.t.Fatalf("it ends after %v", ids)
		}
		if f["data"] != "" {
			ids = append(ids, f["id"])
		}
	}
	return strings.Join(ids, " ")
}
