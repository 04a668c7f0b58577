package postgres_test

import (
	"context"
	"database/sql"
	"log/slog"
	"testing"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Backend{
		New:           func(tb testing.TB) storetest.Database { return newDatabase(tb) },
		NewReplicated: func(tb testing.TB) storetest.Replicated { return newReplicated(tb) },
		Wakes:         true,
		Attacks:       attacks(),
		AccessAttacks: accessAttacks(),
		RefuseDeliveries: []string{
			`CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused by a test'; END $$`,
			`CREATE TRIGGER test_refuse BEFORE INSERT ON deliveries FOR EACH ROW EXECUTE FUNCTION test_refuse()`,
		},
		AcceptDeliveries: []string{`DROP TRIGGER test_refuse ON deliveries`, `DROP FUNCTION test_refuse()`},
	})
}

// attacks returns what a person with an SQL shell may try, as the owner of the
// tables. Whoever may alter a table can drop its triggers first: that is for
// the roles of an installation to prevent.
func attacks() []string {
	const values = `(position, event_id, stream, version, type, data, metadata, recorded_at) VALUES `
	const id = `'0190163d-8694-739b-aea5-966c26f8ad91'`
	return []string{
		`UPDATE events SET data = '{}'`,
		`UPDATE events SET data = '{}' WHERE false`,
		`UPDATE ONLY events SET recorded_at = recorded_at WHERE position = 1`,
		`DELETE FROM events`,
		`DELETE FROM events WHERE position = 4`,
		`DELETE FROM events WHERE position = 3`,
		`TRUNCATE events`,
		`TRUNCATE events, heads RESTART IDENTITY CASCADE`,
		`WITH taken AS (DELETE FROM events RETURNING *) SELECT count(*) FROM taken`,
		`SET session_replication_role = replica; DELETE FROM events; SET session_replication_role = DEFAULT`,
		`INSERT INTO events ` + values + `(1, ` + id + `, 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(1, ` + id + `, 'x/y', 1, 't', '{}', '{}', 0) ON CONFLICT (position) DO UPDATE SET data = '{}'`,
		`INSERT INTO events ` + values + `(9, ` + id + `, 'x/y', 1, 't', '{}', '{}', 0) ON CONFLICT (position) DO UPDATE SET data = '{}'`,
		`INSERT INTO events ` + values + `(9, ` + id + `, 'default/a', 2, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(0, ` + id + `, 'x/y', 1, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(9, ` + id + `, 'x/y', 0, 't', '{}', '{}', 0)`,
		`INSERT INTO events ` + values + `(9, 'no uuid', 'x/y', 1, 't', '{}', '{}', 0)`,
		`MERGE INTO events USING (SELECT 1) AS one ON position = 1 WHEN MATCHED THEN DELETE`,
	}
}

// database is one database of a server, and a connection of its own for what
// goes past the stores.
type database struct {
	url string
	raw *sql.DB
}

func newDatabase(tb testing.TB) *database {
	tb.Helper()
	url := pgtest.New(tb)
	if _, err := postgres.Migrate(context.Background(), url); err != nil {
		tb.Fatal(err)
	}
	return databaseAt(tb, url)
}

// databaseAt returns the database of a URL, which has the schema.
func databaseAt(tb testing.TB, url string) *database {
	tb.Helper()
	raw, err := sql.Open("postgres", url)
	if err != nil {
		tb.Fatal(err)
	}
	raw.SetMaxIdleConns(0) // so that no goroutine of it lives when a case looks for leaks
	tb.Cleanup(func() { raw.Close() })
	return &database{url, raw}
}

// Open implements storetest.Database.
func (d *database) Open(ctx context.Context, o storetest.Options) (storetest.Store, error) {
	return postgres.Open(ctx, d.url, config(o))
}

// Exec implements storetest.Database.
func (d *database) Exec(ctx context.Context, statement string) error {
	_, err := d.raw.ExecContext(ctx, statement)
	return err
}

// Blocked implements storetest.Database.
func (d *database) Blocked(ctx context.Context) (blocked bool, err error) {
	err = d.raw.QueryRowContext(ctx, `SELECT EXISTS (
		SELECT 1 FROM pg_locks WHERE NOT granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&blocked)
	return blocked, err
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
