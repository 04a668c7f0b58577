package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// The number of connections by use. Appends need one, and pruning, announcing,
// setting up and recording an access another each.
const (
	logConnections   = 5
	modelConnections = 8
	readConnections  = 16
)

// How long a server may say nothing while it is asked something, by the use of
// the connection: a little more than it may take for a statement. A projection
// may empty a table of millions of rows.
const (
	logSilence   = 20 * time.Second
	modelSilence = 10 * time.Minute
	readSilence  = 35 * time.Second
)

// connectionLife is how long a connection is used at most, so that a pool
// follows an address that leads to another server by now.
const connectionLife = 5 * time.Minute

// ErrUnreplicated: the transaction is committed on the primary, and no
// synchronous standby has confirmed it. Its class is [sqlstore.Unreplicated].
var ErrUnreplicated = pgconn.ErrUnreplicated

// ErrURL: the text is not the URL of a PostgreSQL database. The errors do not
// repeat it, for it may hold a password.
var ErrURL = errors.New("not a postgres:// URL")

// Open connects to a database, whose schema must be migrated, and completes the
// configuration with its pools and dialect.
func Open(ctx context.Context, databaseURL string, c sqlstore.Config) (*sqlstore.Store, error) {
	pools, err := openPools(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	c.Pools, c.Dialect = pools, dialect(databaseURL, pools.Log)
	return sqlstore.New(c), nil
}

func openPools(ctx context.Context, databaseURL string) (p sqlstore.Pools, err error) {
	generation := new(pgconn.Generation)
	p.Renew = generation.Renew
	log := pgconn.Options{Silence: logSilence, Writes: true, Generation: generation}
	if p.Log, err = openPool(primary(databaseURL), logConnections, log, logSettings()); err != nil {
		return p, err
	}
	models := pgconn.Options{Silence: modelSilence, Writes: true, Generation: generation}
	if p.Models, err = openPool(primary(databaseURL), modelConnections, models, modelSettings()); err != nil {
		return p, errors.Join(err, p.Log.Close())
	}
	reads := pgconn.Options{Silence: readSilence, Generation: generation}
	if p.Reads, err = openPool(primary(databaseURL), readConnections, reads, readSettings()); err != nil {
		return p, errors.Join(err, p.Log.Close(), p.Models.Close())
	}
	if err := p.Log.PingContext(ctx); err != nil {
		return p, errors.Join(fmt.Errorf("connect to PostgreSQL: %w", err), p.Log.Close(), p.Models.Close(), p.Reads.Close())
	}
	return p, nil
}

// logSettings are those of the connections that append. A plan that was made
// for a small table would scan it when it has grown, until statistics are
// taken: each statement there has an index to use, so nothing else is allowed.
func logSettings() map[string]string {
	return map[string]string{
		"synchronous_commit": "on", "plan_cache_mode": "force_generic_plan", "jit": "off",
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
		// A holder of the log's lock that is gone without a word must not keep it.
		"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
		"statement_timeout": "15000",
	}
}

// modelSettings are those of the projections: what a crash takes from a read
// model is folded again from the log.
func modelSettings() map[string]string {
	return map[string]string{"synchronous_commit": "off", "jit": "off"}
}

func readSettings() map[string]string {
	return map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": "30000", "jit": "off",
	}
}

// primary lets the connections of a URL leave a host that is a standby.
func primary(databaseURL string) string {
	with, err := withSettings(databaseURL, map[string]string{"target_session_attrs": "primary"})
	if err != nil {
		return databaseURL // whoever opens it gets the error
	}
	return with
}

// openPool opens a pool whose connections have settings. It does not connect.
func openPool(databaseURL string, connections int, o pgconn.Options, settings map[string]string) (*sql.DB, error) {
	dsn, err := withSettings(databaseURL, settings)
	if err != nil {
		return nil, err
	}
	connector, err := pgconn.NewConnector(dsn, o)
	if err != nil {
		return nil, ErrURL // the error may repeat the URL
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(connectionLife)
	return db, nil
}

// withSettings adds parameters to the URL. Those that it has already win.
func withSettings(databaseURL string, settings map[string]string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", ErrURL
	}
	all := map[string]string{
		// One round trip for a statement with parameters, and arrays as bytes.
		"binary_parameters": "yes",
		"application_name":  "dossier",
		"connect_timeout":   "10",
	}
	maps.Copy(all, settings)
	q := u.Query()
	for name, value := range all {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// Migrate brings the schema to that of the program and returns the names of
// the migrations that it applied. Processes that migrate at once wait for each
// other. It returns sqlstore.ErrTooNew.
func Migrate(ctx context.Context, databaseURL string) ([]string, error) {
	return MigrateAndTell(ctx, databaseURL, func(string) {})
}

// MigrateAndTell is Migrate for whoever wants to know that it waits for a
// synchronous standby: it calls waits, once, with the server's
// synchronous_standby_names. It waits until ctx ends.
func MigrateAndTell(ctx context.Context, databaseURL string, waits func(standbys string)) ([]string, error) {
	db, err := openPool(primary(databaseURL), 2, pgconn.Options{Silence: migrateSilence, Writes: true}, nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	defer tellWait(ctx, databaseURL, waits)()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, fmt.Errorf("lock for migrations: %w", err)
	}
	m, err := sqlstore.NewMigrator(goose.DialectPostgres, db, migrations.Postgres(), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, err
	}
	return m.Up(ctx)
}
