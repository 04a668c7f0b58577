package pgcluster_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dossier/adapters/postgres/pgcluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds what must come.
const patience = 2 * time.Minute

func count(t *testing.T, s *pgcluster.Server) (n int, err error) {
	t.Helper()
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM kept`).Scan(&n)
	return n, err
}

func exec(t *testing.T, s *pgcluster.Server, statement string) {
	t.Helper()
	if err := s.Exec(t.Context(), "postgres", statement); err != nil {
		t.Fatal(err)
	}
}

func TestAKilledServerComesBackWithWhatItHadCommitted(t *testing.T) {
	s := pgcluster.New(t)
	exec(t, s, `CREATE TABLE kept AS SELECT 1`)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := count(t, s); err == nil {
		t.Error("a killed server answers")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, s); n != 1 || err != nil {
		t.Errorf("%d rows after a restart, %v", n, err)
	}
}

func TestAStandbyFollowsAndIsPromoted(t *testing.T) {
	primary := pgcluster.New(t)
	exec(t, primary, `CREATE TABLE kept AS SELECT 1`)
	standby := pgcluster.Follow(t, primary, "s1")
	if err := primary.Set(t.Context(), "synchronous_standby_names", "s1"); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, standby); n != 1 || err != nil {
		t.Errorf("the standby has %d rows, %v", n, err)
	}
	if err := standby.Exec(t.Context(), "postgres", `INSERT INTO kept VALUES (2)`); err == nil {
		t.Error("a standby takes writes")
	}
	if err := primary.Stop(t.Context(), pgcluster.Immediate); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec(t, standby, `INSERT INTO kept VALUES (2)`)
	if n, err := count(t, standby); n != 2 || err != nil {
		t.Errorf("the promoted standby has %d rows, %v", n, err)
	}
}

func TestAPrimaryComesBackAsAStandbyThatFollowsNobody(t *testing.T) {
	s := pgcluster.New(t)
	exec(t, s, `CREATE TABLE kept AS SELECT 1`)
	if err := s.Stop(t.Context(), pgcluster.Fast); err != nil {
		t.Fatal(err)
	}
	if err := s.Demote(nil, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Exec(t.Context(), "postgres", `INSERT INTO kept VALUES (2)`); err == nil {
		t.Error("a standby takes writes")
	}
}

func TestAPausedServerAnswersWhenItIsResumed(t *testing.T) {
	s := pgcluster.New(t)
	exec(t, s, `CREATE TABLE kept AS SELECT 1`)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := count(t, s)
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Fatalf("a paused server answered (%v)", err)
	default:
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
