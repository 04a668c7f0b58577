package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Backend{
		New:           func(tb testing.TB) storetest.Database { return newDatabase(tb) },
		Attacks:       attacks(),
		AccessAttacks: accessAttacks(),
		RefuseDeliveries: []string{`CREATE TRIGGER test_refuse BEFORE INSERT ON deliveries
			BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`},
		AcceptDeliveries: []string{`DROP TRIGGER test_refuse`},
	})
}

// attacks returns what a person with an SQL shell may try. A DELETE or UPDATE
// that matches no row fires no trigger in SQLite, and changes nothing.
func attacks() []string {
	const values = `(position, event_id, stream, version, type, data, metadata, recorded_at) VALUES `
	return []string{
		`UPDATE events SET data = '{}'`,
		`UPDATE events SET recorded_at = recorded_at WHERE position = 1`,
		`UPDATE OR REPLACE events SET position = 1 WHERE position = 2`,
		`DELETE FROM events`,
		`DELETE FROM events WHERE position = 3`,
		`REPLACE INTO events ` + values + `(1, 'x', 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT OR REPLACE INTO events ` + values + `(1, 'x', 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT OR REPLACE INTO events ` + values + `(9, (SELECT event_id FROM events WHERE position = 1), 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT OR REPLACE INTO events ` + values + `(9, 'x', 'default/a', 2, 't', '{}', '{}', 0)`,
		`INSERT OR IGNORE INTO events ` + values + `(1, 'x', 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(2, 'x', 'x/y', 1, 't', '{}', '{}', 0) ON CONFLICT DO UPDATE SET data = '{}'`,
		`INSERT INTO events ` + values + `(0, 'x', 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(9, 'x', 'x/y', 0, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(9, NULL, 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(9, 'x', 'x/y', 1, 't', '{}', '{}', 'today')`,
	}
}

// database is one file, and a connection of its own for what goes past the
// stores.
type database struct {
	path string
	raw  *sql.DB
}

func newDatabase(tb testing.TB) *database {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "dossier.db")
	if _, err := sqlite.Migrate(context.Background(), path); err != nil {
		tb.Fatal(err)
	}
	// It does not wait for a lock: that is how Blocked finds out.
	raw, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?_pragma=busy_timeout(0)")
	if err != nil {
		tb.Fatal(err)
	}
	raw.SetMaxIdleConns(0)
	tb.Cleanup(func() { raw.Close() })
	return &database{path, raw}
}

// Open implements storetest.Database.
func (d *database) Open(ctx context.Context, o storetest.Options) (storetest.Store, error) {
	return sqlite.Open(ctx, d.path, config(o))
}

// Exec implements storetest.Database. A statement waits for the lock.
func (d *database) Exec(ctx context.Context, statement string) error {
	for {
		_, err := d.raw.ExecContext(ctx, statement)
		if !busy(err) {
			return err
		}
	}
}

// Blocked implements storetest.Database: whoever can't take the only lock that
// there is has to wait.
func (d *database) Blocked(ctx context.Context) (bool, error) {
	conn, err := d.raw.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		if busy(err) {
			return true, nil
		}
		return false, err
	}
	_, err = conn.ExecContext(ctx, "ROLLBACK")
	return false, err
}

func busy(err error) bool {
	e, ok := errors.AsType[*driver.Error](err)
	return ok && e.Code()&0xff == sqlite3.SQLITE_BUSY
}

func config(o storetest.Options) sqlstore.Config {
	c := sqlstore.Config{
		Logger: slog.New(slog.DiscardHandler), Meter: noMeter{}, Now: time.Now,
		Probe: sqlstore.Probe{BeforeCommit: o.BeforeCommit},
	}
	if o.Now != nil {
		c.Now = o.Now
	}
	return c
}

// noMeter implements sqlstore.Meter.
type noMeter struct{}

func (noMeter) Batch(int, int, time.Duration, time.Duration) {}
func (noMeter) Queued(int)                                   {}
