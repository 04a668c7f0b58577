package sqlite_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// Each of several processes that start at once must come to a database that is
// migrated, and each migration must be applied by one of them.
func TestProcessesMigrateAtOnce(t *testing.T) {
	for range 2 {
		path := filepath.Join(t.TempDir(), "dossier.db")
		const processes = 6
		applied, failures := make([][]string, processes), make([]error, processes)
		begin := make(chan struct{})
		var migrating sync.WaitGroup
		for i := range processes {
			migrating.Go(func() {
				<-begin
				applied[i], failures[i] = sqlite.Migrate(t.Context(), path)
			})
		}
		close(begin)
		migrating.Wait()
		if err := errors.Join(failures...); err != nil {
			t.Fatal(err)
		}
		all := slices.Concat(applied...)
		slices.Sort(all)
		if want, err := fs.Glob(migrations.SQLite(), "*.sql"); err != nil || !slices.Equal(all, want) {
			t.Errorf("applied %v, want each of %v once", all, want)
		}
	}
}

func TestMigratingAgainDoesNothing(t *testing.T) {
	d := newDatabase(t)
	applied, err := sqlite.Migrate(t.Context(), d.path)
	if err != nil || len(applied) != 0 {
		t.Errorf("applied %v, %v", applied, err)
	}
}

func TestNewerDatabaseIsRefusedAndNotTouched(t *testing.T) {
	d := newDatabase(t)
	if err := d.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	before := schema(t, d)
	applied, err := sqlite.Migrate(t.Context(), d.path)
	if !errors.Is(err, sqlstore.ErrTooNew) || len(applied) != 0 {
		t.Errorf("got %v, %v, want %v", applied, err, sqlstore.ErrTooNew)
	}
	if after := schema(t, d); after != before {
		t.Errorf("the schema was\n%s\nand is\n%s", before, after)
	}
}

// schema is all that there is in a database, versions included.
func schema(t *testing.T, d *database) (all string) {
	t.Helper()
	err := d.raw.QueryRowContext(t.Context(), `SELECT (SELECT group_concat(name || coalesce(sql, '')) FROM sqlite_schema)
		|| (SELECT group_concat(version_id) FROM goose_db_version)`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
