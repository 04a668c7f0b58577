package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"dossier/adapters/postgres/pgcluster"
)

// withStandby is a primary whose every commit a standby must have, and the URL
// that leads to whichever of the two is the primary.
func withStandby(t *testing.T) (primary, standby *pgcluster.Server, databaseURL string) {
	t.Helper()
	primary = pgcluster.New(t)
	standby = pgcluster.Follow(t, primary, "s1")
	setting(t, primary, "s1")
	query := url.Values{"host": {"127.0.0.1,127.0.0.1"}, "port": {fmt.Sprintf("%d,%d", primary.Port(), standby.Port())}, "sslmode": {"disable"}}
	return primary, standby, "postgres://" + pgcluster.User + "@/postgres?" + query.Encode()
}

func setting(t *testing.T, s *pgcluster.Server, standbys string) {
	t.Helper()
	if err := s.Set(t.Context(), "synchronous_standby_names", standbys); err != nil {
		t.Fatal(err)
	}
}

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The standby is stopped, webhooks come in, the primary is lost, and the standby
// takes its place: whatever was acknowledged is there, and nobody was told of
// anything that is not.
func TestAFailoverToTheSynchronousStandbyLosesNothingAcknowledged(t *testing.T) {
	primary, standby, databaseURL := withStandby(t)
	s := serve(t, databaseURL)
	all := deliveries(12, 3)
	before, rest := all[:len(all)/2], all[len(all)/2:]
	r := newCourier(s.client)
	r.resendAll(before)
	head := s.head()
	do(t, standby.Stop(t.Context(), pgcluster.Fast))

	var mu sync.Mutex
	answers := map[string]int{}
	for range 2 { // a relay sends again what was refused
		r.sendAll(bounded(t), rest, func(status int, slug string) {
			mu.Lock()
			defer mu.Unlock()
			answers[fmt.Sprint(status, " ", slug)]++
		})
	}
	if answers["503 not-replicated"] == 0 || len(answers) != 1 {
		t.Errorf("without a standby the answers are %v", answers)
	}
	var stored int64
	do(t, raw(t, primary.URL("postgres")).QueryRowContext(t.Context(), `SELECT max(position) FROM events`).Scan(&stored))
	if stored <= head {
		t.Fatalf("the primary shows %d events, %d are confirmed: there is nothing to be tested", stored, head)
	}
	checkUntold(t, s, head)
	do(t, primary.Kill())
	do(t, standby.Start(t.Context()))
	do(t, standby.Promote(t.Context()))
	eventually(t, "ready after the failover", s.ready)
	equal(t, "head of the promoted standby", s.head() >= head, true)
	r.resendAll(all)
	r.check(t, s.client, all)
	eventually(t, "the log is signed", func() bool { return signedSize(t, s.client) == s.head() })
}

// A service that is started for the first time while the standby is away says what
// it waits for, and comes up by itself.
func TestAFirstStartWaitsForTheStandby(t *testing.T) {
	primary := pgcluster.New(t, "synchronous_standby_names=s1")
	s := &server{logs: &recording{}, out: &recording{}}
	c := console{out: s.out, err: s.logs, env: environment(primary.URL("postgres"))}
	cfg, logger, err := c.configure(&serveCommand{})
	do(t, err)
	started := make(chan error, 1)
	go func() {
		var err error
		s.service, err = newService(bounded(t), cfg, logger)
		started <- err
	}()
	eventually(t, "the log says what is waited for", func() bool {
		return strings.Contains(s.logs.String(), `"waiting for a synchronous standby, which must have the schema","synchronous_standby_names":"s1"`)
	})
	select {
	case err := <-started:
		t.Fatalf("it started without its standby (%v)", err)
	default:
	}
	pgcluster.Follow(t, primary, "s1")
	do(t, <-started)
	s.client = newClient(t, "http://"+s.service.address(), adminToken)
	s.run(t)
	s.send(hook{id: "evt_1", fields: good()}, "applied")
}

// checkUntold says that nothing behind a position is given out, and that the
// service says why.
func checkUntold(t *testing.T, s *server, head int64) {
	t.Helper()
	equal(t, "head", s.head(), head)
	for _, e := range auditLog(t, s.client) {
		if e.Position > head {
			t.Errorf("/v1/events shows position %d, which no standby has", e.Position)
		}
	}
	for _, model := range read[progressList](s.client, "/v1/projections").Projections {
		if model.Checkpoint > head {
			t.Errorf("%s has projected %d, which no standby has", model.Name, model.Checkpoint)
		}
	}
	if size := signedSize(t, s.client); size > head {
		t.Errorf("%d events are signed, %d are confirmed", size, head)
	}
	a := s.get("/readyz")
	if a.status != http.StatusServiceUnavailable || !strings.Contains(string(a.body), "no synchronous standby") {
		t.Errorf("readyz: %d %s", a.status, a.body)
	}
	metrics := string(s.get("/metrics").body)
	for _, line := range []string{"\ndossier_append_unreplicated_total ", "\ndossier_log_unconfirmed_events "} {
		if !strings.Contains(metrics, line) || strings.Contains(metrics, line+"0\n") {
			t.Errorf("the metrics do not tell of it: %s", line)
		}
	}
	if !strings.Contains(s.logs.String(), "append refused") {
		t.Error("the log does not tell of it")
	}
	checkProblem(t, "a read of an auditor", s.as(auditorToken).get("/v1/sessions"), http.StatusServiceUnavailable, "access-not-recorded")
}

// signedSize is how many events the newest signed checkpoint covers.
func signedSize(t *testing.T, c *client) (size int64) {
	t.Helper()
	a := c.as("").get("/log/checkpoint")
	if a.status == http.StatusNotFound {
		return 0
	}
	lines := strings.Split(string(a.body), "\n")
	if len(lines) < 2 {
		t.Fatalf("checkpoint: %d %s", a.status, a.body)
	}
	if _, err := fmt.Sscan(lines[1], &size); err != nil {
		t.Fatal(err)
	}
	return size
}
