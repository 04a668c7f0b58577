package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/storetest"
	"dossier/application/consumer"
	"dossier/application/eventlog"
)

// With the hosts of both, in whatever order, and whatever the URL asks for, a
// server is at the primary, and goes with it to the standby that is promoted.
func TestAServerFollowsThePrimary(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	primary := pgcluster.New(t)
	migrated(t, primary.URL("postgres"))
	standby := pgcluster.Follow(t, primary, "s1")
	if err := primary.Set(ctx, "synchronous_standby_names", "s1"); err != nil {
		t.Fatal(err)
	}
	var stores []*running
	for _, attributes := range []string{"", "&target_session_attrs=any", "&target_session_attrs=primary", "&target_session_attrs=read-write"} {
		stores = append(stores, run(t, fmt.Sprintf("postgres://%s@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable%s",
			pgcluster.User, standby.Port(), primary.Port(), attributes), storetest.Options{}))
	}
	var want []string
	appendEach := func(when string) {
		for i, s := range stores {
			text := fmt.Sprint(when, i)
			if _, err := insist(ctx, s, request("a", text)); err != nil {
				t.Fatalf("%s, store %d: %v", when, i, err)
			}
			want = append(want, text)
		}
	}
	appendEach("before")
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	appendEach("after")
	for i, s := range stores {
		if got := says(t, s); !slices.Equal(got, want) {
			t.Errorf("store %d says %q, want %q", i, got, want)
		}
	}
}

// A relay reads events, and a failover takes them before it has sent them: others
// stand at their positions now. To move the group over those would keep them from
// ever being sent, though the group is where its holder left it.
func TestWhatWasReadBeforeAFailoverMovesNoGroup(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	primary := pgcluster.New(t)
	migrated(t, primary.URL("postgres"))
	standby := pgcluster.Follow(t, primary, "s1")
	s := run(t, fmt.Sprintf("postgres://%s@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable",
		pgcluster.User, primary.Port(), standby.Port()), storetest.Options{})
	groups, id := s.Groups(), consumer.ID{Topic: eventlog.Topic, Name: consumer.RelayName("crm")}
	claim := consumer.Claim{ID: id, Holder: "me", Lease: time.Hour, Start: consumer.Beginning()}
	before, err := groups.Claim(ctx, claim)
	must(t, err)
	until(t, "the standby has the group", func() bool {
		return query(t, standby.URL("postgres"), `SELECT count(*) FROM consumer_groups WHERE holder = 'me'`) == 1
	})
	must(t, primary.Kill())
	must(t, standby.Promote(ctx))
	move := consumer.Move{ID: id, Holder: "me", From: 0, To: 1, History: before.History}
	until(t, "the move is refused", func() bool {
		err := groups.Move(ctx, move)
		if err == nil {
			t.Fatal("what was read of the old history moved the group in the new one")
		}
		return errors.Is(err, consumer.ErrLost)
	})
	after, err := groups.Claim(ctx, claim)
	must(t, err)
	if move.History = after.History; move.History == before.History {
		t.Errorf("the history is still %s", move.History)
	}
	must(t, groups.Move(ctx, move))
}

// A pooler of sessions, with its defaults or told to drop parameters, is as good
// as the server.
func TestTheStoreWorksThroughAPoolerOfSessions(t *testing.T) {
	for _, ignored := range []string{"", "ignore_startup_parameters=search_path,statement_timeout,options"} {
		d := newDatabase(t)
		through := pgtest.Bouncer(t, d.url, "pool_mode=session", "default_pool_size=60", ignored)
		migrated(t, through)
		one, two := run(t, through, storetest.Options{}), run(t, through, storetest.Options{})
		changed := two.Changed()
		for n := range 3 {
			if _, err := insist(t.Context(), one, request("a", fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				<-changed // by a notification, or a poll
			}
			if _, err := insist(t.Context(), two, request("b", fmt.Sprint("two ", n))); err != nil {
				t.Fatal(err)
			}
		}
		if got := says(t, one); len(got) != 6 {
			t.Errorf("the log says %q", got)
		}
	}
}

// Every way in refuses what can't be used, and says why.
func TestEveryWayInRefusesAPoolerOfStatements(t *testing.T) {
	d := newDatabase(t)
	through := pgtest.Bouncer(t, d.url, "pool_mode=transaction")
	for way, enter := range map[string]func() error{
		"migrate": func() error { _, err := postgres.Migrate(t.Context(), through); return err },
		"open":    func() error { _, err := postgres.Open(t.Context(), through, config(storetest.Options{})); return err },
		"consume": func() error { _, err := postgres.OpenConsumer(t.Context(), through, time.Now); return err },
		"read": func() error {
			_, err := postgres.OpenReadOnly(t.Context(), through, config(storetest.Options{}))
			return err
		},
	} {
		if err := enter(); !errors.Is(err, postgres.ErrUnsupported) {
			t.Errorf("%s: %v", way, err)
		}
	}
}

// A database whose transactions are serializable unless asked otherwise makes no
// append fail that meets another.
func TestAppendsDoNotMindAStricterDefault(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	server := pgcluster.New(t, "default_transaction_isolation=serializable")
	migrated(t, server.URL("postgres"))
	stores := []*running{run(t, server.URL("postgres"), storetest.Options{}), run(t, server.URL("postgres"), storetest.Options{})}
	const each = 100
	failures := make(chan error, len(stores))
	for i, s := range stores {
		go func() {
			for n := range each {
				if _, err := s.Append(ctx, request("a", fmt.Sprint(i, " ", n))); err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	for range stores {
		if err := <-failures; err != nil {
			t.Error(err)
		}
	}
}
