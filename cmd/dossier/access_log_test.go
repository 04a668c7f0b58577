package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// accessEntry is an entry of the access log, as its readers see it.
type accessEntry struct {
	Number    int64  `json:"number"`
	At        string `json:"at"`
	Actor     string `json:"actor"`
	Role      string `json:"role"`
	Via       string `json:"via"`
	Action    string `json:"action"`
	App       string `json:"app"`
	SessionID string `json:"session_id"`
	Detail    string `json:"detail"`
}

// accesses returns all pages of the access log.
func (c *client) accesses(query string) (all []accessEntry) {
	c.tb.Helper()
	for after := int64(0); ; {
		page := read[struct {
			Entries []accessEntry `json:"entries"`
			Next    int64         `json:"next_after"`
		}](c, "/v1/access-log?limit=2&after="+text(after)+"&"+query)
		if len(page.Entries) == 0 {
			return all
		}
		all, after = append(all, page.Entries...), page.Next
	}
}

// accessed are accesses without times, which are checked here.
func accessed(tb testing.TB, all []accessEntry) []accessEntry {
	tb.Helper()
	for i := range all {
		if !strings.HasPrefix(all[i].At, "2") || !strings.HasSuffix(all[i].At, "Z") {
			tb.Errorf("entry %d is of the time %q", all[i].Number, all[i].At)
		}
		all[i].At = ""
	}
	return all
}

func TestAnAdminReadsWhatAuditorsRead(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: withID(leakyID, whole("PENDING_VERIFICATION", ""))}, "applied")
		s.session(leakyID, 1)
		auditor := s.as(auditorToken)
		equal(t, "session", auditor.get(sessionPath("default", leakyID, "version=1")).status, 200)
		equal(t, "unknown session", auditor.get(sessionPath("default", "unknown")).status, 404)
		equal(t, "timeline", auditor.get("/v1/sessions/default/"+leakyID+"/events").status, 200)
		equal(t, "log", auditor.get("/v1/events?after=0&app=default").status, 200)
		equal(t, "access log", auditor.get("/v1/access-log").status, 403)
		equal(t, "progress", auditor.get("/v1/projections").status, 200)
		for _, token := range []string{readerToken, reviewerToken, adminToken} {
			equal(t, "session", s.as(token).get(sessionPath("default", leakyID)).status, 200)
		}
		got := accessed(t, s.accesses(""))
		if len(got) == 0 {
			t.Fatal("nothing was recorded")
		}
		by := got[0].Actor
		want := []accessEntry{
			{1, "", by, "auditor", "api", "get-session", "default", leakyID, "version=1"},
			{2, "", by, "auditor", "api", "get-session", "default", "unknown", ""},
			{3, "", by, "auditor", "api", "list-session-events", "default", leakyID, ""},
			{4, "", by, "auditor", "api", "list-events", "", "", "after=0&app=default"},
			{5, "", by, "auditor", "api", "list-access-log", "", "", ""},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the access log (-want +got):\n%s", diff)
		}
		equal(t, "of the auditor", len(s.accesses("actor="+url.QueryEscape(by))), len(want))
		equal(t, "of nobody", len(s.accesses("actor=nobody")), 0)
		metrics := string(s.get("/metrics").body)
		s.stop()
		checkSilent(t, "the log", s.logs.String(), []string{leakyID})
		checkSilent(t, "metrics", metrics, []string{leakyID, by})

		again := serve(t, databaseURL)
		if diff := cmp.Diff(want, accessed(t, again.accesses(""))); diff != "" {
			t.Errorf("the access log after a restart (-want +got):\n%s", diff)
		}
	})
}

// A database that can be read and not be written to must not show an auditor
// anything that nobody would know of.
func TestAnAuditorIsToldNothingThatCannotBeRecorded(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: withID(leakyID, whole("PENDING_VERIFICATION", ""))}, "applied")
		s.session(leakyID, 1)
		refuse := []string{
			`CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left'; END $$`,
			`CREATE TRIGGER test_refuse BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION test_refuse()`,
		}
		if strings.HasPrefix(databaseURL, "sqlite:") {
			refuse = []string{`CREATE TRIGGER test_refuse BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'no space left'); END`}
		}
		execute(t, raw(t, databaseURL), refuse...)
		for _, path := range []string{sessionPath("default", leakyID), "/v1/sessions", "/v1/events", "/v1/flags"} {
			a := s.as(auditorToken).get(path)
			checkProblem(t, path, a, 503, "access-not-recorded")
			equal(t, path+" for others", s.get(path).status, 200)
		}
		equal(t, "recorded", len(s.accesses("")), 0)
		if !strings.Contains(s.logs.String(), "no space left") {
			t.Error("the fault was not logged")
		}
		checkSilent(t, "the log", s.logs.String(), []string{leakyID})
	})
}
