package pgconn

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/postgres/pgtest"
)

func TestAServerOfANewerTimelineEndsOlderConnections(t *testing.T) {
	g := new(Generation)
	for i, c := range []struct {
		server  server
		current int64 // after it
		refused bool
	}{
		{server{}, 0, false}, // it does not tell
		{server{"a", 1}, 0, false},
		{server{"a", 1}, 0, false},
		{server{"a", 2}, 1, false},
		{server{"a", 1}, 1, true},
		{server{}, 1, false},
		{server{"a", 4}, 2, false},
		{server{"b", 1}, 3, false}, // another cluster
		{server{"b", 2}, 4, false},
	} {
		since, err := g.meet(c.server, g.current())
		if errors.Is(err, ErrLeftBehind) != c.refused || g.current() != c.current {
			t.Errorf("%d: %v, generation %d, want %d", i, err, g.current(), c.current)
		}
		if err == nil && since != g.current() {
			t.Errorf("%d: the new connection itself is of generation %d", i, since)
		}
	}
}

// A role without privileges may ask, too.
func TestEachServerSaysWhichItIs(t *testing.T) {
	owner := opened(t, pgtest.New(t), Options{})
	run(t, owner, `DROP ROLE IF EXISTS dossier_test_nobody`)
	run(t, owner, `CREATE ROLE dossier_test_nobody`)
	t.Cleanup(func() { _, _ = owner.Exec(`DROP ROLE dossier_test_nobody`) })
	c, err := owner.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.ExecContext(t.Context(), `SET ROLE dossier_test_nobody`); err != nil {
		t.Fatal(err)
	}
	defer c.ExecContext(context.WithoutCancel(t.Context()), `RESET ROLE`)
	err = c.Raw(func(inner any) error {
		if s := inner.(*conn).identify(t.Context()); s.cluster == "" || s.timeline != 1 {
			return fmt.Errorf("it says that it is %+v", s)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// The old primary comes back as a primary, by mistake, and is the first host of
// the URL. Who has met the new one stays there; while that is away there is none.
func TestAPrimaryThatWasReplacedIsPassedOver(t *testing.T) {
	old := pgcluster.New(t)
	promoted := pgcluster.Follow(t, old, "s1")
	g := new(Generation)
	url := fmt.Sprintf("postgres://%s@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable", pgcluster.User, old.Port(), promoted.Port())
	at := func() (port int, err error) {
		db := opened(t, url, Options{Primary: true, Generation: g})
		defer db.Close()
		err = db.QueryRowContext(t.Context(), `SELECT inet_server_port()`).Scan(&port)
		return port, err
	}
	expect := func(when string, want *pgcluster.Server) {
		t.Helper()
		if port, err := at(); err != nil || port != want.Port() {
			t.Errorf("%s: port %d, %v, want %d", when, port, err, want.Port())
		}
	}
	kept := opened(t, url, Options{Primary: true, Generation: g})
	kept.SetMaxOpenConns(1)
	expect("before", old)
	must(t, kept.PingContext(t.Context()))
	must(t, promoted.Promote(t.Context()))
	expect("two primaries, and the first is known", old)
	must(t, old.Kill())
	expect("the first is gone", promoted)
	must(t, old.Start(t.Context()))
	expect("the first came back", promoted)
	var port int
	if err := kept.QueryRowContext(t.Context(), `SELECT inet_server_port()`).Scan(&port); err != nil || port != promoted.Port() {
		t.Errorf("a pool of before is at port %d, %v", port, err)
	}
	must(t, promoted.Stop(t.Context(), pgcluster.Fast))
	if port, err := at(); !errors.Is(err, ErrLeftBehind) || !errors.Is(err, ErrConnect) {
		t.Errorf("with the old one alone: port %d, %v", port, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
