package world

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"dossier/adapters/postgres/pgcluster"

	_ "github.com/lib/pq"  // the driver named "postgres"
	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// Querier is what questions are put to.
type Querier = *sql.DB

// Query opens the database, with nothing in between, for some questions.
func (w *World) Query(_ context.Context, ask func(Querier) error) error {
	driver, source := "postgres", w.Database.Direct()
	if path, ok := strings.CutPrefix(source, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	return errors.Join(ask(db), db.Close())
}

// Exec runs a statement.
func (w *World) Exec(ctx context.Context, statement string) error {
	return w.Query(ctx, func(q Querier) error {
		if _, err := q.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("run a statement: %w", err)
		}
		return nil
	})
}

// Another makes a further, empty database beside the servers', and returns its
// URL and what removes it.
func (w *World) Another(ctx context.Context) (databaseURL string, remove func(), err error) {
	return w.Database.Another(ctx)
}

// Another implements Database.
func (s *SQLite) Another(context.Context) (databaseURL string, remove func(), err error) {
	folder, err := os.MkdirTemp("", "torture-migration-*")
	return "sqlite:" + folder + "/dossier.db", func() { _ = os.RemoveAll(folder) }, err
}

// Keep copies the database into the folder of the run, for it goes with Close.
// No server uses it any more.
func (w *World) Keep(ctx context.Context) error {
	from, err := w.Database.Settle(ctx)
	if err != nil {
		return err
	}
	kept := filepath.Join(w.config.Folder, "kept")
	if output, err := exec.CommandContext(ctx, "cp", "-a", from, kept).CombinedOutput(); err != nil {
		return fmt.Errorf("keep the database: %w: %s", err, output)
	}
	return nil
}

// Settle implements Database.
func (s *SQLite) Settle(context.Context) (string, error) { return filepath.Dir(s.path), nil }

// Settle implements Database.
func (p *Postgres) Settle(ctx context.Context) (string, error) {
	if p.Standby != nil && p.Standby.Running() {
		if err := p.StopStandby(ctx); err != nil {
			return "", err
		}
	}
	return p.folder, p.Primary.Stop(ctx, pgcluster.Fast)
}

const (
	createAnother = "CREATE DATABASE another"
	dropAnother   = "DROP DATABASE IF EXISTS another WITH (FORCE)"
)

// Another implements Database.
func (p *Postgres) Another(ctx context.Context) (databaseURL string, remove func(), err error) {
	remove = func() {
		const limit = 5 * time.Second // the next one begins with it, too
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		_ = p.Primary.Exec(limited, "postgres", dropAnother)
	}
	if err := p.Primary.Exec(ctx, "postgres", dropAnother); err != nil {
		return "", nil, err
	}
	return p.Primary.URL("another"), remove, p.Primary.Exec(ctx, "postgres", createAnother)
}

// CommandOn runs a command on a database.
func (w *World) CommandOn(ctx context.Context, databaseURL string, args ...string) (Ran, error) {
	return run(ctx, w.config.Program, w.config.Folder, variablesOf(databaseURL, w.config.Folder), args...)
}
