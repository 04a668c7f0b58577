package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMigrateTwiceDoesNothingTheSecondTime(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		first := must(t, databaseURL, "migrate")
		if strings.Count(first, "applied ") < 3 {
			t.Errorf("the first time: %s", first)
		}
		second := must(t, databaseURL, "migrate")
		if strings.Contains(second, "applied") || !strings.Contains(second, "up to date") {
			t.Errorf("the second time: %s", second)
		}
	})
}

// A later version has other tables, and reasons that this one does not know.
func TestANewerDatabaseIsRefusedAndUntouched(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		s := serve(t, databaseURL)
		s.send(hook{fields: good()}, "applied")
		s.stop()
		db := raw(t, databaseURL)
		execute(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, `+yes(databaseURL)+`)`)
		before := contents(t, databaseURL, db)
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"token", "list"}} {
			o := carryOut(t, databaseURL, args...)
			if o.code != exitFailure || !strings.Contains(o.err, "newer") || o.out != "" {
				t.Errorf("%v: exit code %d, %q, %q", args, o.code, o.err, o.out)
			}
		}
		if diff := cmp.Diff(before, contents(t, databaseURL, raw(t, databaseURL))); diff != "" {
			t.Errorf("the database was touched:\n%s", diff)
		}
	})
}

func yes(databaseURL string) string {
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return "1"
	}
	return "true"
}

// contents returns what a change would show in: the bytes of a file, or how
// often PostgreSQL wrote to each table. It closes the connection, with which
// SQLite completes the file.
func contents(t *testing.T, databaseURL string, db *sql.DB) (parts []string) {
	t.Helper()
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		return []string{string(sum[:])}
	}
	// The id of the last transaction that wrote a row of each table.
	for _, table := range []string{"events", "heads", "deliveries", "checkpoints", "sessions", "settings", "tokens", "goose_db_version"} {
		var rows, last string
		query := `SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM ` + table
		if err := db.QueryRowContext(bounded(t), query).Scan(&rows, &last); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, table+" "+rows+" "+last)
	}
	return parts
}

func TestTheVersionIsPrinted(t *testing.T) {
	o := commandIn(context.Background(), nil, "version")
	if o.code != exitFine || !strings.HasPrefix(o.out, "dossier "+version) {
		t.Errorf("%d %q", o.code, o.out)
	}
}
