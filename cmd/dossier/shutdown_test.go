package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var shuttingDown = regexp.MustCompile(`shutting down`)

// TestAShutdownAnswersWhatItAccepted keeps the log locked, so that webhooks are
// certainly under way when the server is asked to end.
func TestAShutdownAnswersWhatItAccepted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		p := launch(t, databaseURL)
		c := p.client()
		c.send(hook{id: "evt_0", fields: good()}, "applied")
		c.session(person, 1) // so that no read model asks for the lock meanwhile
		release := lockLog(t, databaseURL)
		answers := underWay(t, c, 16)
		p.interrupt()
		if p.logs.await(bounded(t), shuttingDown, p.exited) == nil {
			t.Fatal("it does not shut down")
		}
		asked := time.Now()
		eventually(t, "new connections are refused", func() bool { return refused(c.base) })
		release()
		for a := range answers {
			if a.err != nil || a.status != http.StatusOK {
				t.Errorf("a webhook under way was answered %d %s: %v", a.status, a.body, a.err)
			}
		}
		p.checkExit(exitFine)
		checkInTime(t, asked)
		s := serve(t, databaseURL)
		equal(t, "events", len(auditLog(t, s.client)), 17)
		auditSessions(t, s.client, s.log())
	})
}

type flown struct {
	answer
	err error
}

// underWay sends webhooks that can't be answered yet. It returns when the server
// reads all of their bodies; their answers come later, on a channel that is then
// closed. What waits for being accepted when a listener closes is lost, and sent
// again by the relay: so each asks first whether it may send its body.
func underWay(t *testing.T, c *client, n int) <-chan flown {
	answers := make(chan flown, n)
	var read, answered sync.WaitGroup
	read.Add(n)
	ctx := httptrace.WithClientTrace(bounded(t), &httptrace.ClientTrace{Got100Continue: read.Done})
	// A connection for each: one that was idle may be closed with a request on
	// its way.
	alone := *c
	alone.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: patience}}
	for i := range n {
		answered.Go(func() {
			h := hook{id: fmt.Sprint("evt_way_", i), fields: withID(fmt.Sprint("s", i), whole("PENDING_VERIFICATION", ""))}
			h.header = http.Header{"Expect": {"100-continue"}}
			a, err := alone.tryPost(ctx, h)
			answers <- flown{a, err}
		})
	}
	read.Wait()
	go func() {
		answered.Wait()
		close(answers)
	}()
	return answers
}

// refused says that nobody listens any more.
func refused(base string) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err == nil {
		conn.Close()
	}
	return err != nil
}

// A person who looks at a page keeps a connection, and must not keep the server.
func TestAnIdleConnectionDoesNotHoldUpAShutdown(t *testing.T) {
	t.Parallel() // it waits for processes
	p := launch(t, sqliteURL(t))
	c := p.client()
	c.get("/docs")
	asked := time.Now()
	p.terminate()
	checkInTime(t, asked)
}

// entered makes a service tell when it handles a call.
func (s *server) entered() <-chan struct{} {
	calls := make(chan struct{}, 1)
	handler := s.service.server.Handler
	s.service.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls <- struct{}{}
		handler.ServeHTTP(w, r)
	})
	return calls
}

// A read that waits for a position is told to come again, in time.
func TestAWaitingReadIsAnsweredAtAShutdown(t *testing.T) {
	t.Parallel() // it waits for the drain's limit
	s := wired(t, sqliteURL(t))
	entered := s.entered()
	s.run(t)
	answers := make(chan flown, 1)
	ctx := bounded(t)
	go func() {
		a, err := s.try(ctx, http.MethodGet, "/v1/sessions?min_position=99&wait=30s", nil, nil)
		answers <- flown{a, err}
	}()
	<-entered
	asked := time.Now()
	s.stop()
	checkInTime(t, asked)
	a := <-answers
	if a.err != nil {
		t.Fatal(a.err)
	}
	checkProblem(t, "a read that waits", a.answer, http.StatusServiceUnavailable, "interrupted")
}

// A caller that sends half a body and no more was promised nothing.
func TestASlowCallerDoesNotHoldUpAShutdown(t *testing.T) {
	t.Parallel() // it waits for the drain's limit
	s := wired(t, sqliteURL(t))
	entered := s.entered()
	s.run(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", hook{}.path())
	<-entered
	asked := time.Now()
	s.stop()
	checkInTime(t, asked)
}

// checkInTime allows a busy machine some seconds beyond the limit.
func checkInTime(t *testing.T, asked time.Time) {
	t.Helper()
	if took := time.Since(asked); took > drainTimeout+cutTimeout+10*time.Second {
		t.Errorf("the shutdown took %s", took)
	}
}
