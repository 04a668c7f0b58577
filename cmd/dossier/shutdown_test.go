package main

import (
	"context"
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
		if took := time.Since(asked); took > drainTimeout+5*time.Second {
			t.Errorf("the shutdown took %s", took)
		}
		s := serve(t, databaseURL)
		equal(t, "events", len(auditLog(t, s.client)), 17)
		auditSessions(t, s.client, s.log())
	})
}

type flown struct {
	answer
	err error
}

// underWay sends webhooks that can't be answered yet. It returns when all are
// on their way; their answers come later, on a channel that is then closed.
func underWay(t *testing.T, c *client, n int) <-chan flown {
	answers := make(chan flown, n)
	var sent, answered sync.WaitGroup
	sent.Add(n)
	ctx := httptrace.WithClientTrace(bounded(t), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { sent.Done() },
	})
	// A connection for each: one that was idle may be closed with the request
	// on its way, which the server then never accepted.
	alone := *c
	alone.http = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	for i := range n {
		answered.Go(func() {
			h := hook{id: fmt.Sprint("evt_way_", i), fields: withID(fmt.Sprint("s", i), whole("PENDING_VERIFICATION", ""))}
			a, err := alone.tryPost(ctx, h)
			answers <- flown{a, err}
		})
	}
	sent.Wait()
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
	p := launch(t, sqliteURL(t))
	c := p.client()
	c.get("/docs")
	asked := time.Now()
	p.terminate()
	if took := time.Since(asked); took > drainTimeout {
		t.Errorf("it took %s", took)
	}
}

// A read that waits for a position is a call like another: it gets its answer,
// and the server does not wait for more than that.
func TestAWaitingReadDoesNotOutliveTheShutdown(t *testing.T) {
	t.Parallel() // it waits for the drain's limit
	p := launch(t, sqliteURL(t))
	c := p.client()
	var sent sync.WaitGroup
	sent.Add(1)
	ctx := httptrace.WithClientTrace(bounded(t), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent.Done() }})
	over := make(chan struct{})
	go func(ctx context.Context) {
		defer close(over)
		_, _ = c.try(ctx, http.MethodGet, "/v1/sessions?min_position=99&wait=30s", nil, nil)
	}(ctx)
	sent.Wait()
	asked := time.Now()
	p.interrupt()
	<-p.exited
	<-over
	if took := time.Since(asked); took > drainTimeout+5*time.Second {
		t.Errorf("it took %s", took)
	}
	equal(t, "exit code", p.cmd.ProcessState.ExitCode(), exitFine)
}
