package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgcluster"
)

// sendNumbered sends webhooks of sessions of their own, and returns their ids.
func sendNumbered(s *server, name string, n int) (ids []string) {
	s.tb.Helper()
	for i := range n {
		id := fmt.Sprintf("%s-%d", name, i)
		s.send(hook{id: "evt_" + id, fields: withID(id, whole("PENDING_VERIFICATION", ""))}, "applied")
		ids = append(ids, id)
	}
	return ids
}

// The standby is asynchronous and lags when the primary is lost: that it loses
// events is promised by nobody. The server that stays up must not go on with
// them, and the next events must reach everybody.
func TestAServerThatSurvivesAFailoverForgetsWhatIsLost(t *testing.T) {
	primary := pgcluster.New(t)
	standby := pgcluster.Follow(t, primary, "s1")
	query := url.Values{
		"host": {"127.0.0.1,127.0.0.1"}, "port": {fmt.Sprintf("%d,%d", primary.Port(), standby.Port())},
		"sslmode": {"disable"}, "target_session_attrs": {"primary"},
	}
	databaseURL := "postgres://" + pgcluster.User + "@/postgres?" + query.Encode()
	s := serve(t, databaseURL)
	kept := sendNumbered(s, "kept", 20)
	s.sealed(t, 20)
	eventually(t, "the standby has what is kept", func() bool {
		var n int64
		err := raw(t, standby.URL("postgres")).QueryRowContext(t.Context(), `SELECT count(*) FROM events`).Scan(&n)
		return err == nil && n == 20
	})
	do(t, standby.Stop(t.Context(), pgcluster.Fast))
	ghosts := sendNumbered(s, "ghost", 10)
	events := auditLog(t, s.client)
	s.session(ghosts[9], 30)
	s.sealed(t, 30)
	do(t, primary.Kill())
	do(t, standby.Start(t.Context()))
	do(t, standby.Promote(t.Context()))

	// Without a webhook: whoever reads finds out.
	eventually(t, "ready after the failover", func() bool { _ = s.get("/v1/sessions"); return s.ready() })
	equal(t, "head of the promoted standby", s.head(), 20)
	now := sendNumbered(s, "real", 10)
	for i, id := range append(kept, now...) {
		s.session(id, int64(i+1))
	}
	checkPlaces(t, s, events, 20)
	for _, id := range ghosts {
		equal(t, "a session that is lost", s.get(sessionPath("default", id, "min_position=30")).status, http.StatusNotFound)
	}
	if n := strings.Count(s.logs.String(), "the log was cut back"); n != 1 {
		t.Errorf("the loss was told %d times", n)
	}
	for _, model := range read[progressList](s.client, "/v1/projections").Projections {
		if model.Checkpoint > model.Head {
			t.Errorf("%s is at %d of %d", model.Name, model.Checkpoint, model.Head)
		}
	}
	// The key has signed 30 events that are no more, so it signs no other 30.
	eventually(t, "why the log is not signed", func() bool {
		return strings.Contains(s.logs.String(), "does not begin with what was signed") && strings.Contains(s.logs.String(), "dossier log-key replace")
	})
	// What is lost stays a finding, and nobody is accused of anything.
	eventually(t, "the loss is recorded by who had the events, and by the key", func() bool {
		return len(verifyStore(t, databaseURL).find("log-cut-back")) == 2
	})
	a := verifyStore(t, databaseURL)
	if a.code != exitFindings || len(a.findings) != 2 || a.findings[0].Last != 30 || a.findings[1].Last != 30 {
		t.Errorf("verify: exit code %d\n%s", a.code, a)
	}
	if first := a.findings[0].Position; first != 21 {
		t.Errorf("events are said to be lost from position %d", first)
	}
}

// checkPlaces says that who names an event of before, which was lost, is told so,
// and who names one that was kept goes on behind it.
func checkPlaces(t *testing.T, s *server, before []event, kept int64) {
	t.Helper()
	for _, e := range []event{before[kept-1], before[kept], before[len(before)-1]} {
		path := fmt.Sprintf("/v1/events?after=%d&after_event=%s&limit=1", e.Position, e.EventID)
		if e.Position > kept {
			checkProblem(t, path, s.get(path), http.StatusBadRequest, "other-history")
			continue
		}
		equal(t, "events behind one that was kept", len(read[eventPage](s.client, path).Events), 1)
		place := fmt.Sprintf("%d:%s", e.Position, e.EventID)
		equal(t, "the next of a stream", strings.Join(idsOf(s.client.live(place), 1), " "), fmt.Sprint(kept+1))
	}
}
