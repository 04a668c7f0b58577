package pgmove_test

import (
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
)

// publisher returns the URLs of two databases of a server that can publish.
func publisher(t *testing.T) (from, to string) {
	t.Helper()
	server := pgcluster.New(t, "wal_level=logical")
	for _, name := range []string{"original", "copied"} {
		execute(t, server.URL("postgres"), `CREATE DATABASE `+name)
	}
	t.Cleanup(func() { unsubscribe(t, server.URL("copied"), server.URL("original")) })
	return server.URL("original"), server.URL("copied")
}

// subscribe lets a database copy what another of the same server publishes.
func subscribe(t *testing.T, from, to string) {
	t.Helper()
	// On one server the subscription would wait for itself to make its slot.
	execute(t, from, `SELECT pg_create_logical_replication_slot('moves', 'pgoutput')`)
	execute(t, to, `CREATE SUBSCRIPTION moves CONNECTION '`+from+`' PUBLICATION moves WITH (create_slot = false, slot_name = 'moves')`)
}

// unsubscribe ends the subscription, so that the server can stop.
func unsubscribe(t *testing.T, to, from string) {
	t.Helper()
	db := connect(t, to)
	defer db.Close()
	for _, statement := range []string{
		`ALTER SUBSCRIPTION moves DISABLE`, `ALTER SUBSCRIPTION moves SET (slot_name = NONE)`, `DROP SUBSCRIPTION moves`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Log(err)
		}
	}
}

// awaitCopied returns when a query answers the same in both databases.
func awaitCopied(t *testing.T, from, to, query string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(2 * time.Minute)
	for text(t, from, query) != text(t, to, query) {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: %q is copied as %q", query, text(t, from, query), text(t, to, query))
		}
	}
}

// A subscription to all tables copies what there is and what comes, with the
// numbers that it has, into tables whose triggers always fire.
func TestASubscriptionCopiesTheAccessLog(t *testing.T) {
	from, to := publisher(t)
	filled(t, from)
	disorder(t, from)
	if _, err := postgres.Migrate(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	topic(t, to)
	execute(t, to, `TRUNCATE goose_db_version`) // it is copied, too
	execute(t, from, `CREATE PUBLICATION moves FOR ALL TABLES`)
	subscribe(t, from, to)
	awaitCopied(t, from, to, allAccesses)
	grow(t, from, 20, 25)
	topic(t, from, "d", "e")
	for _, query := range []string{allEvents, allAccesses, allMessages} {
		awaitCopied(t, from, to, query)
	}
}
