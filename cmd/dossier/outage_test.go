package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/adapters/postgres/pgtest"
)

// eventually repeats a call until it is as wanted: for what another process, or
// a clock of the service, decides without a signal.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx := bounded(t)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("given up: %s", what)
		}
	}
}

type readiness struct {
	Ready  bool `json:"ready"`
	Checks []struct {
		Name  string `json:"name"`
		Ready bool   `json:"ready"`
		Error string `json:"error"`
	} `json:"checks"`
}

func (c *client) ready() bool { return c.get("/readyz").status == http.StatusOK }

// A database that goes away in the middle of traffic costs nothing but time.
func TestAnOutageLosesAndDoublesNothing(t *testing.T) {
	w, databaseURL := wireTo(t, pgtest.New(t))
	s := serve(t, databaseURL)
	all := deliveries(40, 1)
	r := newCourier(s.client)
	equal(t, "head, and with it the tokens are known", s.head(), 0)
	var cut sync.Once
	r.answer = func(stored int) {
		if stored >= len(all)/4 {
			cut.Do(w.sever)
		}
	}
	r.sendAll(bounded(t), all, func(status int, slug string) {
		// The outcome of the batch that was under way is unknown; of the others
		// it is certain that nothing was written.
		known := slug == "log-unavailable" || slug == "outcome-unknown"
		if status != http.StatusOK && (status != http.StatusServiceUnavailable || !known) {
			t.Errorf("during the outage: %d %s", status, slug)
		}
	})
	checkAway(t, s)
	w.mend()
	eventually(t, "ready after the outage", s.ready)
	r.resendAll(all)
	r.check(t, s.client, all)
}

// checkAway says that a service whose database is away says so wherever it is
// asked, and stays alive.
func checkAway(t *testing.T, s *server) {
	t.Helper()
	checkProblem(t, "a webhook", s.post(hook{id: "evt_away", fields: good()}), http.StatusServiceUnavailable, "log-unavailable")
	for _, path := range []string{"/v1/sessions", "/v1/events", "/v1/flags", "/v1/projections", sessionPath("default", person)} {
		checkProblem(t, path, s.get(path), http.StatusServiceUnavailable, "log-unavailable")
	}
	equal(t, "healthz", s.get("/healthz").status, http.StatusOK)
	equal(t, "metrics", s.get("/metrics").status, http.StatusOK)
	a := s.get("/readyz")
	state := decoded[readiness](t, a.body)
	if a.status != http.StatusServiceUnavailable || state.Ready || len(state.Checks) == 0 {
		t.Errorf("readyz: %d %s", a.status, a.body)
	}
	for _, check := range state.Checks {
		if check.Name == "database" && (check.Ready || check.Error == "") {
			t.Errorf("readyz does not say that the database is away: %s", a.body)
		}
	}
}

// A failover ends every connection, and lets new ones come up at once.
func TestAFailoverIsSurvived(t *testing.T) {
	t.Parallel()
	databaseURL := pgtest.New(t)
	s := serve(t, databaseURL)
	all := deliveries(40, 2)
	r := newCourier(s.client)
	half := make(chan struct{})
	var once sync.Once
	r.answer = func(stored int) {
		if stored >= len(all)/2 {
			once.Do(func() { close(half) })
		}
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		r.sendAll(bounded(t), all, nil)
	}()
	select {
	case <-half:
		pgtest.Terminate(t, databaseURL)
	case <-sent:
		t.Error("the traffic ended before half of it was stored")
	}
	<-sent
	eventually(t, "ready after the failover", s.ready)
	r.resendAll(all)
	r.check(t, s.client, all)
}

// SQLite goes away, too, when another program keeps the file to itself.
func TestALockedFileIsAnsweredWithTryLater(t *testing.T) {
	t.Parallel() // it waits for 15 s, as long as the service does
	databaseURL := sqliteURL(t)
	s := serve(t, databaseURL)
	s.send(hook{id: "evt_1", fields: good()}, "applied")
	release := lockLog(t, databaseURL)
	checkProblem(t, "while it is locked", s.post(hook{id: "evt_2", fields: good()}), http.StatusServiceUnavailable, "log-unavailable")
	equal(t, "head while it is locked, for readers need no lock", s.head(), 1)
	release()
	s.send(hook{id: "evt_2", fields: good()}, "applied")
	auditSessions(t, s.client, auditLog(t, s.client))
}

// The database refuses single statements, as one that is full does.
func TestARefusedWriteLeavesNoTrace(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{id: "evt_1", fields: good()}, "applied")
		s.session(person, 1) // so that no read model asks for the lock meanwhile
		refuse, permit := refusingHeads(databaseURL)
		execute(t, raw(t, databaseURL), refuse...)
		a := s.post(hook{id: "evt_2", fields: good()})
		checkProblem(t, "a write that is refused", a, http.StatusServiceUnavailable, "log-unavailable")
		equal(t, "head", s.head(), 1)
		execute(t, raw(t, databaseURL), permit...)
		equal(t, "position afterwards", s.send(hook{id: "evt_2", fields: good()}, "applied").Position, 2)
		auditSessions(t, s.client, auditLog(t, s.client))
	})
}

// refusingHeads returns statements that make the last part of an append fail,
// and those that undo it.
func refusingHeads(databaseURL string) (refuse, permit []string) {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return []string{`CREATE TRIGGER refuse BEFORE UPDATE ON heads BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`},
			[]string{`DROP TRIGGER refuse`}
	}
	return []string{
		`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$`,
		`CREATE TRIGGER refuse BEFORE INSERT ON heads FOR EACH ROW EXECUTE FUNCTION refuse()`,
	}, []string{`DROP TRIGGER refuse ON heads`}
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(bounded(t), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A relay that hangs up has no answer, and sends again.
func TestACallerThatHangsUpIsServedWhenItComesBack(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		release := lockLog(t, databaseURL)
		ctx, hangUp := context.WithTimeout(bounded(t), 300*time.Millisecond)
		defer hangUp()
		if _, err := s.tryPost(ctx, hook{id: "evt_1", fields: good()}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("an answer although the log is locked: %v", err)
		}
		release()
		a := s.post(hook{id: "evt_1", fields: good()})
		equal(t, "status", a.status, http.StatusOK)
		equal(t, "position", a.position(), 1)
		auditSessions(t, s.client, auditLog(t, s.client))
	})
}
