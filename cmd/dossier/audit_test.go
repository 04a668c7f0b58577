package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// auditLog checks what an auditor checks: positions and versions without holes,
// and each delivery once. It returns the log.
func auditLog(t *testing.T, c *client) []event {
	t.Helper()
	events := c.log()
	versions := map[string]int64{}
	deliveries := map[any]int64{}
	for i, e := range events {
		if e.Position != int64(i)+1 {
			t.Fatalf("event %d of the log has position %d", i+1, e.Position)
		}
		stream := e.App + "/" + e.SessionID
		if versions[stream]++; versions[stream] != e.Version {
			t.Fatalf("position %d: version %d follows %d", e.Position, e.Version, versions[stream]-1)
		}
		if id := e.Metadata["delivery_id"]; id != nil {
			if first, twice := deliveries[id]; twice {
				t.Errorf("delivery %v is at %d and at %d", id, first, e.Position)
			}
			deliveries[id] = e.Position
		}
	}
	return events
}

// auditSessions checks that the read model holds each session of the log once,
// as its replay gives it, and returns all of them.
func auditSessions(t *testing.T, c *client, events []event) []session {
	t.Helper()
	versions := map[string]int64{}
	for _, e := range events {
		versions[e.SessionID] = e.Version
	}
	sessions := c.sessions("", int64(len(events)))
	if len(sessions) != len(versions) {
		t.Errorf("%d sessions in the list, %d in the log", len(sessions), len(versions))
	}
	for _, s := range sessions {
		if s.Version != versions[s.SessionID] {
			t.Errorf("session with version %d, in the log it has %d", s.Version, versions[s.SessionID])
		}
		replayed := read[session](c, sessionPath(s.App, s.SessionID, "version="+text(s.Version)))
		if diff := cmp.Diff(replayed, s); diff != "" {
			t.Errorf("read model differs from the replay (-replay +read model):\n%s", diff)
		}
	}
	return sessions
}

// sessions returns all pages of a list.
func (c *client) sessions(query string, position int64) (all []session) {
	c.tb.Helper()
	for cursor := ""; ; {
		page := read[sessionPage](c, "/v1/sessions?limit=200&"+seen(position)+"&"+query+cursor)
		all = append(all, page.Sessions...)
		if page.Next == "" {
			return all
		}
		cursor = "&cursor=" + page.Next
	}
}
