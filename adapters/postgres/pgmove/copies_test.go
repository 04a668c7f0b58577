package pgmove_test

import (
	"testing"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
)

// disorder lets the access log lie on the disk in another order than that of
// its numbers, as it does when several servers write it.
func disorder(t *testing.T, databaseURL string) {
	t.Helper()
	execute(t, databaseURL, `ALTER TABLE access_log DISABLE TRIGGER ALL;
CREATE TEMP TABLE kept AS SELECT * FROM access_log;
DELETE FROM access_log;
INSERT INTO access_log SELECT * FROM kept ORDER BY number DESC;
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_numbered;
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_has_no_holes;
ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_append_only;
ALTER TABLE "topic_orders" DISABLE TRIGGER ALL;
CREATE TEMP TABLE sent AS SELECT * FROM "topic_orders";
DELETE FROM "topic_orders";
INSERT INTO "topic_orders" SELECT * FROM sent ORDER BY position DESC;
ALTER TABLE "topic_orders" ENABLE ALWAYS TRIGGER message_is_numbered;
ALTER TABLE "topic_orders" ENABLE ALWAYS TRIGGER topic_has_no_holes`)
}

// inSchema makes a schema and returns the URL with which everything is in it.
func inSchema(t *testing.T, databaseURL string) string {
	t.Helper()
	execute(t, databaseURL, `CREATE SCHEMA "Kept Apart"`)
	return databaseURL + `&search_path=%22Kept%20Apart%22`
}

// What pg_dump writes can be read back in each of its ways, also into the tables
// that Dossier makes itself: it works with an empty search_path, and in the order
// of the disk. Each number is the one that it was.
func TestWhatIsDumpedCanBeRestored(t *testing.T) {
	for name, c := range map[string]struct {
		apart    bool // in a schema of its own
		migrated bool // the target has tables
		restore  []string
	}{
		"whole":                         {restore: []string{}},
		"whole, in a schema":            {apart: true, restore: []string{}},
		"data only":                     {migrated: true, restore: []string{"--data-only"}},
		"data only, in a schema":        {apart: true, migrated: true, restore: []string{"--data-only"}},
		"data only, without triggers":   {migrated: true, restore: []string{"--data-only", "--disable-triggers"}},
		"data only, in one transaction": {migrated: true, restore: []string{"--data-only", "--single-transaction"}},
	} {
		t.Run(name, func(t *testing.T) {
			source, target := pgtest.New(t), pgtest.New(t)
			inSource, inTarget := source, target
			if c.apart {
				inSource = inSchema(t, source)
				if inTarget += `&search_path=%22Kept%20Apart%22`; c.migrated {
					inTarget = inSchema(t, target)
				}
			}
			filled(t, inSource)
			disorder(t, inSource)
			if c.migrated {
				if _, err := postgres.Migrate(t.Context(), inTarget); err != nil {
					t.Fatal(err)
				}
				topic(t, inTarget) // the table
			}
			// Which migrations the target has is its own matter.
			file := dumped(t, source, "--exclude-table-data=*.goose_db_version", "--no-owner")
			program(t, target, "pg_restore", append(c.restore, "--exit-on-error", "--no-owner", file)...)
			checkCopied(t, inSource, inTarget, allEvents, allAccesses, allMessages)
			if c.migrated {
				grow(t, inTarget, 20, 22) // and it goes on from there
				topic(t, inTarget, "d")
				for query, want := range map[string]string{
					`SELECT max(number) FROM access_log`: "22", `SELECT max(position) FROM events`: "22", `SELECT max(position) FROM "topic_orders"`: "4",
				} {
					if got := text(t, inTarget, query); got != want {
						t.Errorf("%s is %s, want %s", query, got, want)
					}
				}
			}
		})
	}
}
