package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/storetest"
)

// Whatever ended the connections while nothing was asked: the next append finds
// out in time, and is stored at once.
func TestTheFirstAppendAfterConnectionsDiedIsStored(t *testing.T) {
	d := newDatabase(t)
	s := run(t, d.url, storetest.Options{})
	for n := range 5 {
		if _, err := s.Append(t.Context(), request("a", fmt.Sprint(n))); err != nil {
			t.Errorf("append %d: %v", n, err)
		}
		pgtest.Terminate(t, d.url)
	}
}

func TestTheFirstAppendAfterARestartIsStored(t *testing.T) {
	server := pgcluster.New(t)
	migrated(t, server.URL("postgres"))
	s := run(t, server.URL("postgres"), storetest.Options{})
	for n, mode := range []string{pgcluster.Fast, pgcluster.Immediate, pgcluster.Fast} {
		if _, err := s.Append(t.Context(), request("a", fmt.Sprint(n))); err != nil {
			t.Errorf("append %d: %v", n, err)
		}
		if err := server.Stop(t.Context(), mode); err != nil {
			t.Fatal(err)
		}
		if err := server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(t, s); len(got) != 3 {
		t.Errorf("the log says %q", got)
	}
}

// A running server leaves a host that is a standby, however it got there.
func TestAServerDoesNotUseAStandby(t *testing.T) {
	server := pgcluster.New(t)
	url := server.URL("postgres")
	migrated(t, url)
	if err := server.Stop(t.Context(), pgcluster.Fast); err != nil {
		t.Fatal(err)
	}
	if err := server.Demote(nil, ""); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err := postgres.Open(t.Context(), url, config(storetest.Options{})); err == nil {
		s.Close()
		t.Error("a store was opened on a standby")
	}
	if c, err := postgres.OpenConsumer(t.Context(), url, time.Now); err == nil {
		c.Close()
		t.Error("a consumer was opened on a standby")
	}
	s, err := postgres.OpenReadOnly(t.Context(), url, config(storetest.Options{}))
	if err != nil {
		t.Fatalf("to read from a standby: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func migrated(t *testing.T, url string) {
	t.Helper()
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
}
