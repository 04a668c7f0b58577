package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dossier/application/access"
	"dossier/application/accesslog"
)

// ledger is an access log in memory.
type ledger struct {
	mu      sync.Mutex
	entries []accesslog.Recorded
	fault   error                 // what Record returns, if set
	limited bool                  // the last Record had a deadline
	before  func(accesslog.Entry) // what Record calls, if set
}

func (l *ledger) Record(ctx context.Context, e accesslog.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, l.limited = ctx.Deadline()
	if l.before != nil {
		l.before(e)
	}
	if l.fault != nil {
		return l.fault
	}
	l.entries = append(l.entries, accesslog.Recorded{Number: int64(len(l.entries)) + 1, Entry: e})
	return nil
}

func (l *ledger) ReadAccess(_ context.Context, actor string, after int64, limit int) (page []accesslog.Recorded, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.entries {
		if (actor == "" || r.Actor == actor) && r.Number > after && len(page) < limit {
			page = append(page, r)
		}
	}
	return page, l.fault
}

// take returns what was recorded, and forgets it.
func (l *ledger) take() (entries []accesslog.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.entries {
		entries = append(entries, r.Entry)
	}
	l.entries = nil
	return entries
}

// unrecorded are the calls by which an auditor learns nothing of what was
// recorded of anyone. Whoever adds one says here why.
func unrecorded() []string {
	return []string{
		"list-projections", // how far the read models are
	}
}

// TestEveryCallOfAnAuditorIsRecorded walks the description, so that a call that
// is added later can't be forgotten.
func TestEveryCallOfAnAuditorIsRecorded(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	walked := 0
	eachOperation(s.spec, func(path, method string, o tree) {
		id := o["operationId"].(string)
		secured := len(o["security"].([]any)[0].(tree)) > 0
		everyones := strings.Contains(o["description"].(string), "Every call is recorded")
		for _, role := range []string{"auditor", "reader", "reviewer", "admin"} {
			s.do(role, strings.ToUpper(method), filled(path, o), `{"decision":"dismiss","note":"x"}`)
			var want []string
			if secured && (everyones || role == "auditor" && !slices.Contains(unrecorded(), id)) {
				want = []string{id + " by " + role + "-1"}
				walked++
			}
			var got []string
			for _, e := range s.access.take() {
				got = append(got, e.Action+" by "+e.Actor)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s as %s is recorded (-want +got):\n%s", method, path, role, diff)
			}
		}
	})
	if walked < 7 {
		t.Errorf("%d calls were walked", walked)
	}
}

// filled puts the example of each parameter into a path.
func filled(path string, o tree) string {
	parameters, _ := o["parameters"].([]any)
	for _, p := range parameters {
		if p := p.(tree); p["in"] == "path" {
			example := p["example"]
			if example == nil {
				example = 1
			}
			path = strings.ReplaceAll(path, fmt.Sprintf("{%s}", p["name"]), fmt.Sprint(example))
		}
	}
	return path
}

func TestARecordSaysWhoAskedForWhat(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	of := accesslog.Entry{At: dawn(), Actor: "auditor-1", Role: access.Auditor, Via: accesslog.API}
	about := of
	about.App, about.Session = "default", session
	for _, c := range []struct {
		path, action, detail string
		status               int
		entry                accesslog.Entry
	}{
		{sessionPath, "get-session", "", 200, about},
		{sessionPath + "?version=1", "get-session", "version=1", 200, about},
		{sessionPath + "?as_of=2026-03-02T00:00:00Z", "get-session", "as_of=2026-03-02T00%3A00%3A00Z", 200, about},
		{sessionPath + "/events?limit=2&after_version=0", "list-session-events", "after_version=0&limit=2", 200, about},
		{"/v1/sessions?app=default&status=APPROVED", "list-sessions", "app=default&status=APPROVED", 200, of},
		{"/v1/events?after=1&type=kyc.status_changed.v1", "list-events", "after=1&type=kyc.status_changed.v1", 200, of},
		{"/v1/flags?state=all", "list-flags", "state=all", 200, of},
		{detailsPath + "?purpose=A+complaint", "get-step-details", "purpose=A+complaint&step_id=1", 200, about},
		// Attempts are recorded as well.
		{sessionPath + "?version=99", "get-session", "version=99", 404, about},
		{sessionPath + "?version=0", "get-session", "version=0", 422, about},
		{"/v1/sessions?limit=x&secret=y", "list-sessions", "limit=x", 422, of},
		{"/v1/access-log?actor=auditor-1", "list-access-log", "actor=auditor-1", 403, of},
	} {
		s.get("auditor", c.path).is(c.status)
		c.entry.Action, c.entry.Detail = c.action, c.detail
		if got := s.access.take(); !slices.Equal(got, []accesslog.Entry{c.entry}) {
			t.Errorf("%s: recorded %+v, want %+v", c.path, got, c.entry)
		}
	}
	s.do("auditor", http.MethodPost, "/v1/flags/1/resolution", "{").is(403)
	of.Action, of.Detail = "resolve-flag", "position=1"
	if got := s.access.take(); !slices.Equal(got, []accesslog.Entry{of}) {
		t.Errorf("recorded %+v, want %+v", got, of)
	}
}

func TestARecordHoldsWhatEveryDatabaseCanStore(t *testing.T) {
	s := newService(t)
	long := strings.Repeat("x", 5000)
	for path, want := range map[string]accesslog.Entry{
		"/v1/sessions/a%00b/%FFid":     {App: "a\uFFFDb", Session: "\uFFFDid"},
		"/v1/sessions/default/" + long: {App: "default", Session: session[:0] + "x"},
		"/v1/flags?cursor=" + long:     {},
		"/v1/flags/%00%FF/resolution":  {Detail: "position=%00%FF"},
	} {
		method := http.MethodGet
		if strings.HasSuffix(path, "resolution") {
			method = http.MethodPost
		}
		s.do("auditor", method, path, "")
		got := s.access.take()
		if len(got) != 1 {
			t.Fatalf("%.30s: %d records", path, len(got))
		}
		e := got[0]
		if len(e.Session) > accesslog.MaxName || len(e.Detail) > accesslog.MaxDetail {
			t.Errorf("%.30s: a session of %d bytes, a detail of %d", path, len(e.Session), len(e.Detail))
		}
		if cut := strings.HasSuffix(string(e.Session)+e.Detail, "..."); cut != strings.Contains(path, long) {
			t.Errorf("%.30s: cut: %t", path, cut)
		}
		if !strings.Contains(path, long) && (e.App != want.App || e.Session != want.Session || e.Detail != want.Detail) {
			t.Errorf("%s: %q, %q, %q", path, e.App, string(e.Session), e.Detail)
		}
	}
}

func TestWhatIsRefusedBeforeItsCallerIsKnownIsNotRecorded(t *testing.T) {
	s := newService(t)
	for _, role := range []string{"", "stranger"} {
		s.get(role, sessionPath).is(401)
	}
	s.get("auditor", "/v1/sessions", "Accept", "text/html").is(406)
	s.get("auditor", "/v1/sessions?a=%").is(422)
	s.get("auditor", "/v1/unknown").is(404)
	if got := s.access.take(); len(got) != 0 {
		t.Errorf("recorded %d", len(got))
	}
}

// What was not recorded is not told, not even that it does not exist.
func TestWithoutARecordThereIsNoAnswer(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	s.access.before = func(e accesslog.Entry) { s.access.fault = errors.New("disk full at " + string(e.Session)) }
	paths := []string{sessionPath, sessionPath + "/events", "/v1/sessions", "/v1/sessions/default/unknown", "/v1/events", "/v1/flags?limit=x"}
	for _, path := range paths {
		a := s.get("auditor", path)
		a.problem(503, "access-not-recorded")
		if a.Header().Get("Retry-After") != "1" || strings.Contains(a.Body.String(), "regression") {
			t.Errorf("%s: %v, %s", path, a.Header(), a.Body)
		}
		s.get("reader", "/v1/sessions").is(200) // others need no record
	}
	s.get("auditor", "/v1/projections").is(200)
	logged := s.log.String()
	if !strings.Contains(logged, `"error":"disk full at [private]"`) || strings.Contains(logged, string(session)) {
		t.Errorf("logged: %s", logged)
	}
	s.access.before, s.access.fault = nil, nil
	s.get("auditor", sessionPath).is(200)
}

func TestTheRecordComesBeforeTheRead(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	s.access.before = func(accesslog.Entry) { s.store.append(stream(), pending("2")) }
	if got := s.get("auditor", sessionPath).is(200).json()["version"]; got != 2.0 {
		t.Errorf("version %v was read before the record", got)
	}
	if !s.access.limited {
		t.Error("a record may hang")
	}
}

func TestACallerWhoWentAwayIsNoFault(t *testing.T) {
	s := newService(t)
	gone, leave := context.WithCancel(t.Context())
	s.access.before = func(accesslog.Entry) { leave() }
	s.access.fault = context.Canceled
	s.getIn(gone, "auditor", sessionPath).is(503)
	if strings.Contains(s.log.String(), "failed") {
		t.Errorf("logged: %s", s.log.String())
	}
}

func TestTheAccessLogIsReadInPages(t *testing.T) {
	s := newService(t)
	s.store.append(stream(), regressed("1"))
	s.get("auditor", sessionPath+"?version=1")
	s.get("auditor", "/v1/flags")
	s.get("auditor", "/v1/events")
	_ = s.access.Record(t.Context(), accesslog.Entry{
		At: dawn().Add(time.Hour), Actor: "root", Via: accesslog.CLI, Action: "export", Detail: "from=1&to=3",
	})
	s.get("admin", "/v1/access-log?limit=1").is(200).equals(`{"entries":[{"number":1,"at":"2026-03-01T06:00:01.000250Z",
		"actor":"auditor-1","role":"auditor","via":"api","action":"get-session","app":"default",
		"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","detail":"version=1"}],"next_after":1}`)
	s.get("admin", "/v1/access-log?after=3").is(200).equals(`{"entries":[{"number":4,"at":"2026-03-01T07:00:01.000250Z",
		"actor":"root","role":"","via":"cli","action":"export","app":"","session_id":"","detail":"from=1&to=3"}],"next_after":4}`)
	s.get("admin", "/v1/access-log?after=4").is(200).equals(`{"entries":[],"next_after":4}`)
	for query, want := range map[string][]any{
		"":                         {1.0, 2.0, 3.0, 4.0},
		"?limit=2":                 {1.0, 2.0},
		"?limit=2&after=1":         {2.0, 3.0},
		"?actor=auditor-1&after=1": {2.0, 3.0},
		"?actor=root":              {4.0},
		"?actor=nobody":            nil,
		"?actor=" + url.QueryEscape("auditor-1' OR 1=1"): nil,
	} {
		got := s.get("admin", "/v1/access-log"+query).is(200).list("entries", "number")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	for _, query := range []string{"limit=0", "limit=1001", "after=-1", "after=x", "acto=x"} {
		s.get("admin", "/v1/access-log?"+query).problem(422, "invalid-request")
	}
	s.access.fault = errors.New("no disk")
	s.get("admin", "/v1/access-log").problem(500, "internal")
}
