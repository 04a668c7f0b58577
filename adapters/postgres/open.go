package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

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
	if p.Log, err = openPool(databaseURL, logConnections, logSilence, logSettings()); err != nil {
		return p, err
	}
	if p.Models, err = openPool(databaseURL, modelConnections, modelSilence, modelSettings()); err != nil {
		return p, errors.Join(err, p.Log.Close())
	}
	if p.Reads, err = openPool(databaseURL, readConnections, readSilence, readSettings()); err != nil {
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

// openPool opens a pool whose connections have settings, and fail when the
// server is silent for too long. It does not connect.
func openPool(databaseURL string, connections int, silence time.Duration, settings map[string]string) (*sql.DB, error) {
	dsn, err := withSettings(databaseURL, settings)
	if err != nil {
		return nil, err
	}
	connector, err := pq.NewConnector(dsn)
	if err != nil {
		return nil, ErrURL // the error may repeat the URL
	}
	connector.Dialer(dialer{silence: silence})
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
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
	db, err := openPool(databaseURL, 2, modelSilence, nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
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
