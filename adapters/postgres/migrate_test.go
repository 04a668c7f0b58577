package postgres_test

import (
	"errors"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// Each of several processes that start at once must come to a database that is
// migrated, and each migration must be applied by one of them.
func TestProcessesMigrateAtOnce(t *testing.T) {
	url := pgtest.New(t)
	const processes = 6
	applied, failures := make([][]string, processes), make([]error, processes)
	begin := make(chan struct{})
	var migrating sync.WaitGroup
	for i := range processes {
		migrating.Go(func() {
			<-begin
			applied[i], failures[i] = postgres.Migrate(t.Context(), url)
		})
	}
	close(begin)
	migrating.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(applied...)
	slices.Sort(all)
	if want, err := fs.Glob(migrations.Postgres(), "*.sql"); err != nil || !slices.Equal(all, want) {
		t.Errorf("applied %v, want each of %v once", all, want)
	}
}

func TestMigratingAgainDoesNothing(t *testing.T) {
	d := newDatabase(t)
	applied, err := postgres.Migrate(t.Context(), d.url)
	if err != nil || len(applied) != 0 {
		t.Errorf("applied %v, %v", applied, err)
	}
}

func TestNewerDatabaseIsRefusedAndNotTouched(t *testing.T) {
	d := newDatabase(t)
	if err := d.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	before := schema(t, d)
	applied, err := postgres.Migrate(t.Context(), d.url)
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
	err := d.raw.QueryRowContext(t.Context(), `SELECT
		(SELECT string_agg(concat_ws(' ', table_name, column_name, data_type, collation_name), E'\n' ORDER BY table_name, ordinal_position)
		 FROM information_schema.columns WHERE table_schema = 'public')
		|| (SELECT string_agg(indexdef, E'\n' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public')
		|| (SELECT string_agg(tgname, E'\n') FROM pg_trigger)
		|| (SELECT string_agg(version_id::text, ' ' ORDER BY id) FROM goose_db_version)`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Text that is compared or sorted must be so by its bytes, whatever the locale
// of the database.
func TestTextIsComparedByItsBytes(t *testing.T) {
	d := newDatabase(t)
	rows, err := d.raw.QueryContext(t.Context(), `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s is compared by the locale", column)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
