package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fillLists sends what the lists are asked for and returns the head.
func fillLists(c *client) (head int64) {
	c.send(hook{fields: withID("p1", of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
	c.send(hook{fields: withID("p2", of("1", "AML", "APPROVED", ""))}, "applied")
	c.send(hook{fields: withID("c1", fields{"status": "PENDING_VERIFICATION"})}, "applied")
	c.send(hook{fields: withID("c1", fields{"status": "APPROVED"})}, "applied")
	c.send(hook{fields: withID("p3", of("1", "LIVENESS", "APPROVED", ""))}, "flagged")
	return c.send(hook{fields: withID("p1", of("1", "LIVENESS", "MOON", ""))}, "discarded").last
}

func ids(sessions []session) (all []string) {
	for _, s := range sessions {
		all = append(all, s.SessionID)
	}
	return all
}

func TestSessionsAreListedAndFiltered(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		head := fillLists(c)
		middle := c.session("c1", head).UpdatedAt
		for query, want := range map[string][]string{
			"":                            {"p1", "p3", "c1", "p2"},
			"app=default":                 {"p1", "p3", "c1", "p2"},
			"app=other":                   nil,
			"status=STEPS_APPROVED":       {"p2"},
			"kind=corporate":              {"c1"},
			"service=LIVENESS":            {"p1", "p3"},
			"flagged=true":                {"p1", "p3"},
			"flagged=false":               {"c1", "p2"},
			"updated_after=" + middle:     {"p1", "p3"},
			"updated_before=" + middle:    {"p2"},
			"kind=individual&service=AML": {"p2"},
		} {
			if diff := cmp.Diff(want, ids(c.sessions(query, head))); diff != "" {
				t.Errorf("?%s (-want +got):\n%s", query, diff)
			}
		}
	})
}

func TestAListIsStableUnderWrites(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	head := fillLists(c)
	first := read[sessionPage](c, "/v1/sessions?limit=2&"+seen(head))
	head = c.send(hook{fields: withID("p2", of("2", "EMAIL", "APPROVED", ""))}, "applied").last
	second := read[sessionPage](c, "/v1/sessions?limit=2&"+seen(head)+"&cursor="+first.Next)
	if diff := cmp.Diff([]string{"p1", "p3", "c1"}, ids(append(first.Sessions, second.Sessions...))); diff != "" {
		t.Errorf("a session that changed while paging is shown twice, or another is lost:\n%s", diff)
	}
}

func TestTheLogIsReadInPagesAndFiltered(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		head := fillLists(c)
		page := read[eventPage](c, "/v1/events?after=2&limit=3")
		equal(t, "events in the page", len(page.Events), 3)
		equal(t, "first of the page", page.Events[0].Position, 3)
		equal(t, "where the next page goes on", page.Next, 5)
		flagged := read[eventPage](c, "/v1/events?type=kyc.transition_flagged.v1")
		equal(t, "flagged events", len(flagged.Events), 1)
		equal(t, "where a filtered page goes on", flagged.Next, head)
		equal(t, "events of another app", len(read[eventPage](c, "/v1/events?app=other").Events), 0)
	})
}

func TestAnEntityTagSparesASecondReading(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	head := fillLists(c)
	path := sessionPath("default", "p1", seen(head))
	tag := http.Header{"If-None-Match": {c.get(path).header.Get("ETag")}}
	same := c.do(http.MethodGet, path, nil, tag)
	equal(t, "status while it is the same", same.status, http.StatusNotModified)
	equal(t, "length of the body", len(same.body), 0)
	head = c.send(hook{fields: withID("p1", of("1", "LIVENESS", "APPROVED", ""))}, "applied").last
	changed := c.do(http.MethodGet, sessionPath("default", "p1", seen(head)), nil, tag)
	equal(t, "status after a change", changed.status, http.StatusOK)
}

func TestAReadModelThatIsNotThereYetSaysSo(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	head := fillLists(c)
	c.get("/v1/projections?" + seen(head))
	for _, path := range []string{"/v1/sessions?", "/v1/flags?", "/v1/events?", "/v1/projections?", sessionPath("default", "p1") + "&"} {
		a := c.get(path + "min_position=99&wait=10ms")
		checkProblem(t, path, a, http.StatusServiceUnavailable, "stale-read-model")
		equal(t, "position that "+path+" has", a.position(), head)
	}
}

func TestRolesReadWhatTheyMay(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	head := fillLists(c)
	for token, flags := range map[string]int{adminToken: 200, auditorToken: 200, reviewerToken: 200, readerToken: 403} {
		for _, path := range []string{"/v1/sessions?", "/v1/events?", "/v1/projections?", sessionPath("default", "p1")} {
			equal(t, path, c.as(token).get(path+"&"+seen(head)).status, 200)
		}
		equal(t, "flags", c.as(token).get("/v1/flags").status, flags)
	}
	for _, token := range []string{"", "wrong", hookSecret} {
		checkProblem(t, "token "+token, c.as(token).get("/v1/sessions"), http.StatusUnauthorized, "unauthorized")
	}
}
