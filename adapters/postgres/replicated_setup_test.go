package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
	"dossier/application/access"
	"dossier/application/accesslog"
)

// A token is stored once, and told of when it can't be lost.
func TestSettingUpWaitsForTheStandbyAndDoesNothingTwice(t *testing.T) {
	p := newPair(t)
	lines := &lines{}
	c := config(storetest.Options{})
	c.Logger = lines.logger()
	s := start(t, open(t, p.url, c))
	p.away(t)
	token, _ := access.NewToken("ada", access.Admin, time.Now())
	stored := make(chan error, 1)
	go func() { stored <- s.AddToken(t.Context(), token) }()
	until(t, "the log says what is waited for", func() bool {
		return strings.Contains(lines.String(), "waiting for a synchronous standby") && strings.Contains(lines.String(), onlyStandby)
	})
	select {
	case err := <-stored:
		t.Fatalf("a token was told of that no standby has (%v)", err)
	default:
	}
	p.back(t)
	must(t, <-stored)
	must(t, s.AddToken(t.Context(), token))
	if tokens, err := s.Tokens(t.Context()); err != nil || len(tokens) != 1 {
		t.Errorf("the tokens are %v, %v", tokens, err)
	}
	other := token
	other.Name = "eve"
	if err := s.AddToken(t.Context(), other); !errors.Is(err, sqlstore.ErrTokenExists) {
		t.Errorf("another token of that id: %v", err)
	}
}

// The first token of a start that was given up would be known to nobody.
func TestAFirstTokenThatWasNotShownIsForgotten(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	p.away(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	token, _ := access.NewToken("admin", access.Admin, time.Now())
	if first, err := s.AddFirstToken(ctx, token); first || err == nil {
		t.Errorf("a first token without a standby: %v, %v", first, err)
	}
	if n := query(t, p.url, `SELECT count(*) FROM tokens`); n != 0 {
		t.Errorf("%d tokens are stored that nobody knows", n)
	}
	p.back(t)
	if first, err := s.AddFirstToken(t.Context(), token); !first || err != nil {
		t.Errorf("the next start: %v, %v", first, err)
	}
}

// One access is one entry, also when its connection is ended while it waits.
func TestAnAccessIsRecordedOnce(t *testing.T) {
	p := newPair(t)
	s := run(t, p.url, storetest.Options{})
	p.away(t)
	recorded := make(chan error, 1)
	go func() {
		recorded <- s.Record(t.Context(), accesslog.Entry{At: time.Now(), Actor: "ada", Role: access.Auditor, Via: accesslog.API, Action: "verify"})
	}()
	terminated := `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
	until(t, "the waiting connection is ended", func() bool { return query(t, p.url, terminated) > 0 })
	if err := <-recorded; err == nil {
		t.Error("an access was recorded that no standby has")
	}
	if n := query(t, p.url, `SELECT count(*) FROM access_log`); n != 1 {
		t.Errorf("one access left %d entries", n)
	}
}

// A database that is set up while its standby is away says so, and goes on when
// the standby comes.
func TestMigratingWaitsForTheStandby(t *testing.T) {
	p := pair{primary: pgcluster.New(t, "synchronous_standby_names="+onlyStandby)}
	p.url = p.primary.URL("postgres")
	told, done := make(chan string, 10), make(chan error, 1)
	go func() {
		_, err := postgres.MigrateAndTell(t.Context(), p.url, func(names string) { told <- names })
		done <- err
	}()
	select {
	case names := <-told:
		if names != onlyStandby {
			t.Errorf("told to wait for %q", names)
		}
	case err := <-done:
		t.Fatalf("it did not wait (%v)", err)
	}
	p.standby = pgcluster.Follow(t, p.primary, onlyStandby)
	must(t, <-done)
	if len(told) > 0 {
		t.Error("told more than once")
	}
}
