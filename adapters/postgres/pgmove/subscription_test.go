package pgmove_test

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgcluster"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
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

// The publication that the docs give goes on when read models are built anew; one
// of all tables would not, which is warned of.
func TestTheDocumentedPublicationOutlivesARebuild(t *testing.T) {
	from, to := publisher(t)
	filled(t, from)
	if _, err := postgres.Migrate(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	execute(t, from, documented(t))
	subscribe(t, from, to)
	awaitCopied(t, from, to, allEvents)
	if lines := rebuilt(t, from); strings.Contains(lines, "publication") {
		t.Errorf("warned of the documented publication:\n%s", lines)
	}
	grow(t, from, 20, 25)
	for _, query := range []string{allEvents, allAccesses} {
		awaitCopied(t, from, to, query)
	}
	execute(t, from, `CREATE PUBLICATION "all" FOR ALL TABLES`)
	execute(t, from, `CREATE PUBLICATION one FOR TABLE flags`)
	lines := rebuilt(t, from)
	for _, warning := range []string{"publication=all table=sessions\n", "publication=all table=flags\n", "publication=one table=flags\n"} {
		if strings.Count(lines, warning) != 1 {
			t.Errorf("%q is not told once in\n%s", warning, lines)
		}
	}
	if strings.Contains(lines, "publication=moves") {
		t.Errorf("warned of the documented publication:\n%s", lines)
	}
}

// documented returns the statement of docs/backup.md.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../../docs/backup.md")
	if err != nil {
		t.Fatal(err)
	}
	_, statement, found := strings.Cut(string(page), "CREATE PUBLICATION dossier FOR TABLE ")
	statement, _, ended := strings.Cut(statement, ";")
	if !found || !ended {
		t.Fatal("the docs have no publication")
	}
	return "CREATE PUBLICATION moves FOR TABLE " + statement
}

// rebuilt builds all read models anew, and returns what was logged.
func rebuilt(t *testing.T, databaseURL string) string {
	t.Helper()
	var lines strings.Builder
	logger := slog.New(slog.NewTextHandler(&lines, nil))
	s, err := postgres.Open(t.Context(), databaseURL, sqlstore.Config{Logger: logger, Meter: noMeter{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range []projection.Projection{projection.NewSessions(kyc.RuleBook{}), projection.Flags{}, projection.NewStats()} {
		b := &projection.Rebuild{Projection: p, Log: s, Store: s, Advanced: &eventlog.Broadcast{}, Logger: logger}
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return lines.String()
}
