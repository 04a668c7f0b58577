package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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

// readLife is the same for connections that read. It bounds how long a process
// stays at a server that another has replaced, and that runs on: new connections
// lead to the other.
const readLife = 30 * time.Second

// ErrUnreplicated: the transaction is committed on the primary, and no
// synchronous standby has confirmed it. Its class is [sqlstore.Unreplicated].
var ErrUnreplicated = pgconn.ErrUnreplicated

// What may be wrong with a database's URL, or with what it leads to.
var (
	ErrURL         = pgconn.ErrURL
	ErrParameter   = pgconn.ErrParameter
	ErrUnsupported = pgconn.ErrUnsupported
	ErrStandby     = pgconn.ErrStandby
	ErrLeftBehind  = pgconn.ErrLeftBehind
)

// Open connects to a database, whose schema must be migrated, and completes the
// configuration with its pools and dialect. It returns ErrURL, ErrParameter,
// ErrUnsupported or ErrStandby for what can't be a server's database.
func Open(ctx context.Context, databaseURL string, c sqlstore.Config) (*sqlstore.Store, error) {
	address, err := probed(ctx, databaseURL, true)
	if err != nil {
		return nil, err
	}
	pools, err := openPools(ctx, address)
	if err != nil {
		return nil, err
	}
	c.Pools, c.Dialect = pools, dialect(address, pools.Log)
	return sqlstore.New(c), nil
}

func openPools(ctx context.Context, address pgconn.Address) (p sqlstore.Pools, err error) {
	generation := new(pgconn.Generation)
	p.Renew, p.History = generation.Renew, generation.Server
	p.Log = openPool(address, logConnections, pgconn.Options{
		Silence: logSilence, Writes: true, Primary: true, Settings: logSettings(), Generation: generation})
	p.Models = openPool(address, modelConnections, pgconn.Options{
		Silence: modelSilence, Writes: true, Primary: true, Settings: modelSettings(), Generation: generation})
	p.Reads = openPool(address, readConnections, pgconn.Options{
		Silence: readSilence, Primary: true, Settings: readSettings(), Generation: generation})
	p.Reads.SetConnMaxLifetime(readLife)
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
		"statement_timeout":                   "15s",
		"idle_in_transaction_session_timeout": "4s",
	}
}

// modelSettings are those of the projections: what a crash takes from a read
// model is folded again from the log.
func modelSettings() map[string]string {
	return map[string]string{
		"synchronous_commit": "off", "jit": "off",
		// Who is frozen in a step must not keep its locks.
		"idle_in_transaction_session_timeout": "4s",
	}
}

// migrateSettings are those of the connections that migrate, of which one holds a
// lock of its session.
func migrateSettings() map[string]string {
	return map[string]string{"idle_session_timeout": "10s", "idle_in_transaction_session_timeout": "10s"}
}

func readSettings() map[string]string {
	return map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": "30s", "jit": "off",
	}
}

// probed returns the address of a database that Dossier can work with.
func probed(ctx context.Context, databaseURL string, primary bool) (pgconn.Address, error) {
	address, err := pgconn.ParseAddress(databaseURL)
	if err != nil {
		return address, err
	}
	if err := pgconn.Probe(ctx, address, primary); err != nil {
		return address, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return address, nil
}

// openPool opens a pool. It does not connect.
func openPool(a pgconn.Address, connections int, o pgconn.Options) *sql.DB {
	db := sql.OpenDB(pgconn.NewConnector(a, o))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxLifetime(connectionLife)
	return db
}

// Migrate brings the schema to that of the program and returns the names of
// the migrations that it applied. Processes that migrate at once wait for each
// other. It returns sqlstore.ErrTooNew, and what Open does.
func Migrate(ctx context.Context, databaseURL string) ([]string, error) {
	return MigrateAndTell(ctx, databaseURL, func(string) {})
}

// MigrateAndTell is Migrate for whoever wants to know that it waits for a
// synchronous standby: it calls waits, once, with the server's
// synchronous_standby_names. It waits until ctx ends.
func MigrateAndTell(ctx context.Context, databaseURL string, waits func(standbys string)) ([]string, error) {
	address, err := probed(ctx, databaseURL, true)
	if err != nil {
		return nil, err
	}
	db := openPool(address, 2, pgconn.Options{Silence: migrateSilence, Writes: true, Primary: true, Settings: migrateSettings()})
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer tellWait(ctx, address, waits)()
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
