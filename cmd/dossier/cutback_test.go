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
	eventually(t, "why the log is not signed", func() bool { return strings.Contains(s.logs.String(), "does not begin with what was signed") })
	if o := carryOut(t, databaseURL, "verify"); o.code != exitFine {
		t.Errorf("verify: exit code %d\n%s%s", o.code, o.out, o.err)
	}
}
