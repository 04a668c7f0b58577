package httpapi_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"dossier/application/accesslog"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
)

func TestAStreamHasTheEventsOfTheOtherCall(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		for i, text := range awkward {
			l.store.append(stream(), pending("1"))
			l.store.events[i].Data, l.store.events[i].Metadata = text, awkward[len(awkward)-1-i]
		}
		page := l.get("reader", "/v1/events").is(200).json()["events"].([]any)
		c := l.listen(t, "reader", "")
		if got := c.answer.Header.Get("Dossier-Position"); got != "5" {
			t.Errorf("Dossier-Position %q", got)
		}
		for i := range awkward {
			f := c.next()
			var data any
			if err := json.Unmarshal([]byte(f["data"]), &data); err != nil {
				t.Fatalf("%v in %v", err, f)
			}
			if diff := cmp.Diff(page[i], data); diff != "" || f["id"] != strconv.Itoa(i+1) || f["event"] != "kyc.status_changed.v1" || len(f) != 3 {
				t.Errorf("%v: %s", f, diff)
			}
		}
	})
}

func TestAStreamGoesOnWithWhatComes(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(2)
		c := l.listen(t, "reader", "?after=1")
		if got := c.ids(1); got != "2" {
			t.Errorf("it begins with %s", got)
		}
		for _, want := range []string{"3", "4", "5"} {
			began := time.Now()
			l.store.append(stream(), pending("1"))
			if got := c.ids(1); got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if took := time.Since(began); took != 0 {
				t.Errorf("%s was late by %v", want, took)
			}
		}
	})
}

func TestTheLastEventIDWinsOverTheURL(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(4)
		for id, want := range map[string]string{"3": "4", "0": "1 2 3 4", "": "2 3 4"} {
			c := l.listen(t, "reader", "?after=1", "Last-Event-ID", id)
			if got := c.ids(strings.Count(want, " ") + 1); got != want {
				t.Errorf("after %q: %s, want %s", id, got, want)
			}
		}
	})
}

func TestAFilteredStreamLetsItsClientAdvance(t *testing.T) {
	for _, query := range []string{"?app=second", "?type=kyc.transition_flagged.v1", "?app=second&type=kyc.transition_flagged.v1"} {
		live(t, func(t *testing.T, l *liveServer) {
			second := eventlog.Stream{App: "second", Session: "o"}
			l.store.scans = 3
			l.many(7)
			l.store.append(second, regressed("1"))
			l.many(2)
			c := l.listen(t, "reader", query)
			if got := c.ids(1); got != "8" {
				t.Errorf("%s: %s", query, got)
			}
			if f := c.next(); f["id"] != "10" || f["data"] != "" || f[""] != "heartbeat" {
				t.Errorf("%s: then %v", query, f)
			}
			if f := c.next(); len(f) != 1 || f[""] != "heartbeat" || c.id != "10" {
				t.Errorf("%s: with nothing new %v", query, f)
			}
			l.many(1) // at the head it picks for itself
			l.store.append(second, regressed("1"))
			if got := c.ids(1); got != "12" {
				t.Errorf("%s: at the head %s", query, got)
			}
		})
	}
}

func TestWhatAStreamCanNotDoIsRefused(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(3)
		for _, c := range []struct {
			query, id string
			status    int
			slug      string
		}{
			{"", "x", 400, "invalid-last-event-id"},
			{"", "-1", 400, "invalid-last-event-id"},
			{"", "03", 400, "invalid-last-event-id"},
			{"", "9223372036854775808", 400, "invalid-last-event-id"},
			{"", "4", 400, "position-beyond-head"},
			{"?after=4", "", 400, "position-beyond-head"},
			{"", "2:", 400, "invalid-last-event-id"},
			{"", "2:x", 400, "invalid-last-event-id"},
			{"", "0:" + idAt(1), 400, "invalid-last-event-id"},
			{"?after_event=" + idAt(1), "", 422, "invalid-request"},
			{"?after=2&after_event=x", "", 422, "invalid-request"},
			{"?after=-1", "", 422, "invalid-request"},
			{"?limit=1", "", 422, "invalid-request"},
			{"?wait=1s", "", 422, "invalid-request"},
			{"?min_position=1", "", 422, "invalid-request"},
			{"?app=UPPER", "", 422, "invalid-request"},
			{"?unknown=1", "", 422, "invalid-request"},
		} {
			l.refused(t, "reader", c.query, c.id).problem(c.status, c.slug)
		}
		l.refused(t, "nobody", "", "").problem(401, "unauthorized")
		l.do("reader", http.MethodPost, "/v1/events", "", "Accept", "text/event-stream").problem(405, "method-not-allowed")
		l.get("reader", "/v1/sessions", "Accept", "text/event-stream").problem(406, "not-acceptable")
		// The other call has no use for the id.
		l.get("reader", "/v1/events", "Last-Event-ID", "x").is(200)
		l.ends.are(t, 0)
	})
}

func TestTheStreamIsAskedForByName(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		for accept, streams := range map[string]bool{
			"text/event-stream": true, "TEXT/Event-Stream": true, "text/event-stream;q=0.1": true,
			"text/event-stream, */*": true, "text/event-stream, application/json": true,
			"application/json;q=0.5, text/event-stream": true, "text/event-stream; charset=utf-8 ; q=1, */*;q=0.1": true,
			"*/*": false, "text/*, application/json": false, "application/json": false,
			"application/json, text/event-stream": false, "text/event-stream;q=0.5, application/json": false,
			"text/event-stream;q=0, */*": false, "text/event-stream;q=0.2, */*": false,
		} {
			answer, leave := l.open(t, http.MethodGet, "reader", "", "Accept", accept)
			if got := answer.Header.Get("Content-Type") == "text/event-stream"; got != streams || answer.StatusCode != 200 {
				t.Errorf("Accept %q: %s %s", accept, answer.Status, answer.Header.Get("Content-Type"))
			}
			leave()
			_ = answer.Body.Close()
		}
		answer, leave := l.open(t, http.MethodHead, "reader", "")
		defer leave()
		if body, err := io.ReadAll(answer.Body); err != nil || len(body) > 0 || answer.StatusCode != 200 {
			t.Errorf("HEAD: %s %q, %v", answer.Status, body, err)
		}
	})
}

// The limits of the server for reading and writing are shorter than the test.
func TestAStreamOutlivesTheLimitsOfOtherCalls(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		c := l.listen(t, "reader", "")
		began := time.Now()
		for range 100 {
			if f := c.next(); len(f) != 1 || f[""] != "heartbeat" {
				t.Fatalf("after %v: %v", time.Since(began), f)
			}
		}
		if took := time.Since(began); took != 100*15*time.Second {
			t.Errorf("100 heartbeats in %v", took)
		}
		l.store.append(stream(), pending("1"))
		if got := c.ids(1); got != "1" {
			t.Errorf("then %s", got)
		}
	})
}

func TestASlowClientIsDroppedAndOthersGoOn(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		slow, other := l.connect(t, "reader", ""), l.listen(t, "reader", "")
		n := l.fill(2000) // far more than the buffers on the way
		if got := other.ids(n); !strings.HasSuffix(got, fmt.Sprint(n)) {
			t.Errorf("the other one got %s", got)
		}
		for range 4 { // it begins well
			slow.id = slow.read()["id"]
		}
		l.ends.are(t, 2)
		before := l.store.pages()
		time.Sleep(10 * time.Second) // the patience, in the time of the test
		l.ends.are(t, 1, "slow")
		// Nothing was read to be kept for it: this is what all share.
		if read := l.store.pages() - before; read > 11 {
			t.Errorf("%d pages were read meanwhile", read)
		}
		id := slow.drained()
		again := l.listen(t, "reader", "", "Last-Event-ID", id)
		first, _ := strconv.Atoi(id)
		if got := again.ids(1); got != strconv.Itoa(first+1) || first < 1 || first > n {
			t.Errorf("after %s it goes on with %s", id, got)
		}
	})
}

// fill appends n events of some size.
func (l *liveServer) fill(n int) int {
	l.store.lagging = true
	for range n {
		l.store.append(stream(), kyc.StatusRepeated{Trigger: kyc.ReportApproved, Status: kyc.Approved})
	}
	return n
}

// drained reads what is still to be had of a stream that broke off, and returns
// the id of the last whole event.
func (c *listener) drained() string {
	rest, _ := io.ReadAll(c.lines)
	whole := string(rest[:strings.LastIndex("\n\n"+string(rest), "\n\n")])
	if i := strings.LastIndex(whole, "id: "); i >= 0 {
		c.id, _, _ = strings.Cut(whole[i+len("id: "):], "\n")
	}
	return c.id
}

func TestARevokedTokenEndsItsStream(t *testing.T) {
	keys := &keys{valid: true}
	live(t, func(t *testing.T, l *liveServer) {
		c := l.listen(t, "reader", "")
		keys.set(true, true) // what can't be told stays as it was
		if f := c.next(); f[""] != "heartbeat" {
			t.Errorf("while tokens can't be checked: %v", f)
		}
		keys.set(false, false)
		if f := c.next(); f != nil {
			t.Errorf("a revoked token got %v", f)
		}
		l.ends.are(t, 0, "revoked")
	}, func(c *httpapi.Config) { c.Auth = keys })
}

func TestAShutdownEndsStreamsAtOnce(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(3)
		waiting, busy := l.listen(t, "reader", ""), l.listen(t, "reader", "")
		waiting.ids(3)
		began := time.Now()
		down := make(chan error, 1)
		go func() { down <- l.server.Shutdown(t.Context()) }()
		if f := waiting.next(); f != nil {
			t.Errorf("then %v", f)
		}
		busy.ids(3)
		if f := busy.next(); f != nil {
			t.Errorf("then %v", f)
		}
		// Shutdown looks every half second at most.
		if err := <-down; err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		l.ends.are(t, 0, "shutdown", "shutdown")
	})
}

func TestThereAreSoManyPlacesForStreams(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		first := l.listen(t, "reader", "")
		l.listen(t, "reader", "")
		refused := l.refused(t, "reader", "", "")
		refused.problem(503, "too-many-streams")
		if refused.Header().Get("Retry-After") != "10" {
			t.Errorf("Retry-After %q", refused.Header().Get("Retry-After"))
		}
		l.get("reader", "/v1/events").is(200)
		first.close()
		l.ends.are(t, 1, "client")
		l.listen(t, "reader", "")
	}, func(c *httpapi.Config) { c.Live.Most = 2 })
}

func TestAnIdleStreamReadsNothing(t *testing.T) {
	const clients, minutes = 1000, 3
	live(t, func(t *testing.T, l *liveServer) {
		l.many(1)
		for range clients {
			l.listen(t, "reader", "?after=1")
		}
		l.ends.are(t, clients)
		before := l.store.reads()
		time.Sleep(minutes * time.Minute)
		synctest.Wait()
		// What all of them share looks once a second, however many there are.
		if read := l.store.reads() - before; read > minutes*60+1 {
			t.Errorf("%d reads in %d minutes", read, minutes)
		}
		before = l.store.reads()
		l.many(1)
		synctest.Wait()
		if read := l.store.reads() - before; read > 3 {
			t.Errorf("one event was read %d times for %d clients", read, clients)
		}
	})
}

func TestAFaultEndsAStreamThatIsBehind(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(3)
		head := l.listen(t, "reader", "?after=3")
		l.store.fail(errInternal)
		l.refused(t, "reader", "", "").problem(500, "internal")
		time.Sleep(time.Minute)
		l.ends.are(t, 1)
		l.store.fail(nil)
		l.many(1)
		if got := head.ids(1); got != "4" {
			t.Errorf("then %s", got)
		}
	})
}

func TestAnAuditorsStreamIsRecordedOnce(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(3)
		l.listen(t, "auditor", "?app=default&after=1", "Last-Event-ID", "2").ids(1)
		time.Sleep(time.Minute)
		got := l.access.take()
		const detail = "after=1&app=default&last_event_id=2&stream=true"
		if len(got) != 1 || got[0].Action != "list-events" || got[0].Detail != detail || got[0].Via != accesslog.API {
			t.Errorf("recorded %+v", got)
		}
		l.access.fault = errInternal
		l.refused(t, "auditor", "", "").problem(503, "access-not-recorded")
	})
}

func TestALogLineTellsOfAStreamAtItsEnd(t *testing.T) {
	live(t, func(t *testing.T, l *liveServer) {
		l.many(1)
		c := l.listen(t, "reader", "")
		c.ids(1)
		c.close()
		l.ends.are(t, 0, "client")
		line := l.log.String()
		if !strings.Contains(line, `"route":"GET /v1/events","status":200`) || strings.Contains(line, string(session)) {
			t.Errorf("logged %s", line)
		}
	})
}
