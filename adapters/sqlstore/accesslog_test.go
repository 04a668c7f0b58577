package sqlstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"dossier/application/access"
	"dossier/application/accesslog"
)

// glance is what an auditor's read of a session leaves.
func glance(actor, session string) accesslog.Entry {
	e := accesslog.Entry{At: time.Now(), Actor: actor, Role: access.Auditor, Via: accesslog.API, Action: "get-session"}
	e.App, e.Session = request(session, "").Stream.App, request(session, "").Stream.Session
	return e
}

// A full or broken disk refuses what is written and still answers what is read:
// then the record must fail, and say nothing of whom it was about.
func TestAnAccessThatTheDatabaseRefusesIsAnError(t *testing.T) {
	const secret = "very-secret"
	refuse := map[string][]string{
		"sqlite": {`CREATE TRIGGER test_refuse BEFORE INSERT ON access_log BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`},
		"postgres": {
			`CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$`,
			`CREATE TRIGGER test_refuse BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION test_refuse()`,
		},
	}
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		if err := s.Record(t.Context(), glance("ada", "1")); err != nil {
			t.Fatal(err)
		}
		for _, statement := range refuse[strings.TrimPrefix(t.Name(), "TestAnAccessThatTheDatabaseRefusesIsAnError/")] {
			if _, err := b.raw.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Record(t.Context(), glance("ada", secret))
		if err == nil || !strings.Contains(err.Error(), "refused by a test") || strings.Contains(err.Error(), secret) {
			t.Errorf("recorded with the error %v", err)
		}
		entries, err := s.ReadAccess(t.Context(), "", 0, 9)
		if err != nil || len(entries) != 1 {
			t.Errorf("%d entries are read, %v", len(entries), err)
		}
	})
}

// Nobody who waits for the access log holds up an append, even if someone holds
// the access log's lock for good.
func TestAccessesThatHangDoNotHoldUpAppends(t *testing.T) {
	b := onPostgres(t)
	s := b.run(t, quiet())
	tx, err := b.raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(t.Context(), `SELECT pg_advisory_xact_lock(1685025651, 6)`); err != nil {
		t.Fatal(err)
	}
	giveUp, cancel := context.WithCancel(t.Context())
	hung := make(chan error)
	for i := range 8 {
		go func() { hung <- s.Record(giveUp, glance("ada", fmt.Sprint(i))) }()
	}
	waiting := func() int64 {
		return b.count(t, `SELECT count(*) FROM pg_locks WHERE NOT granted
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	}
	for waiting() == 0 { // until the first one hangs
	}
	for i := range 100 { // while the others come
		if _, err := s.Append(t.Context(), request("a", fmt.Sprint(i))); err != nil {
			t.Error(err)
		}
	}
	if n := waiting(); n != 1 {
		t.Errorf("%d accesses hang, each with a connection that appends may need", n)
	}
	cancel()
	for range 8 {
		if err := <-hung; err == nil {
			t.Error("an access was recorded past the lock")
		}
	}
}

func TestAClosedStoreRecordsNothing(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s, err := b.open(t.Context(), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Record(t.Context(), glance("ada", "1")); err == nil {
			t.Error("recorded in a closed store")
		}
		if _, err := s.ReadAccess(t.Context(), "", 0, 1); err == nil {
			t.Error("a closed store is read")
		}
		if n := b.count(t, `SELECT count(*) FROM access_log`); n != 0 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestARoleThatIsUnknownIsAnError(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		_, err := b.raw.ExecContext(t.Context(), `INSERT INTO access_log (recorded_at, actor, role, via, action, app, session_id, detail)
			VALUES (0, 'ada', 'king', 'api', 'get-session', '', '', '')`)
		if err != nil {
			t.Fatal(err)
		}
		if entries, err := s.ReadAccess(t.Context(), "", 0, 9); err == nil || len(entries) != 0 {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
}

// BenchmarkRecord is what a call of an auditor costs beside its answer.
func BenchmarkRecord(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, db backend) {
		s := db.run(b, quiet())
		for b.Loop() {
			if err := s.Record(b.Context(), glance("ada", "2ac3f7ab-3729-f968-3f55-aa47e881")); err != nil {
				b.Fatal(err)
			}
		}
	})
}
