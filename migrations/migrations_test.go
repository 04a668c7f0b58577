package migrations_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"dossier/adapters/postgres/pgtest"
	"dossier/migrations"
)

func names(t *testing.T, files fs.FS) []string {
	t.Helper()
	all, err := fs.Glob(files, "*")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBothDatabasesHaveTheSameMigrations(t *testing.T) {
	postgres, sqlite := names(t, migrations.Postgres()), names(t, migrations.SQLite())
	if !slices.Equal(postgres, sqlite) {
		t.Errorf("PostgreSQL has %v, SQLite has %v", postgres, sqlite)
	}
	for i, name := range postgres {
		if want := regexp.MustCompile(`^\d{5}_[a-z_]+\.sql$`); !want.MatchString(name) {
			t.Errorf("%s is not named like %v", name, want)
		}
		if i > 0 && name[:5] == postgres[i-1][:5] {
			t.Errorf("%s has the number of %s", name, postgres[i-1])
		}
	}
}

// Each database is taken up, down to nothing, and up again.
func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		db := open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "dossier.db"))
		upAndDown(t, goose.DialectSQLite3, db, migrations.SQLite(),
			`SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'goose_db_version'`)
	})
	t.Run("postgres", func(t *testing.T) {
		db := open(t, "postgres", pgtest.New(t))
		upAndDown(t, goose.DialectPostgres, db, migrations.Postgres(),
			`SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'goose_%')
				+ (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)`)
	})
}

func open(t *testing.T, driver, name string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func upAndDown(t *testing.T, dialect goose.Dialect, db *sql.DB, files fs.FS, leftOver string) {
	t.Helper()
	provider, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for range 2 {
		_, up := provider.Up(ctx)
		_, down := provider.DownTo(ctx, 0)
		if err := errors.Join(up, down); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := db.QueryRow(leftOver).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d tables, indexes or functions are left, %v", n, err)
		}
	}
}
