package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"dossier/adapters/sqlstore"
	"dossier/migrations"
)

// The number of connections by use. Only one writes at a time.
const (
	logConnections   = 2
	modelConnections = 2
	readConnections  = 8
)

// migrateTries is how often Migrate tries. A try fails when another process
// applies a migration at the same time, so it takes more than there are of them.
const migrateTries = 20

// Open opens a database file, whose schema must be migrated, and completes the
// configuration with its pools and dialect.
func Open(ctx context.Context, path string, c sqlstore.Config) (*sqlstore.Store, error) {
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	if c.Pools, err = openPools(ctx, file); err != nil {
		return nil, err
	}
	c.Dialect = guarded(file)
	return sqlstore.New(c), nil
}

func openPools(ctx context.Context, file guard) (p sqlstore.Pools, err error) {
	// An append is durable when it is answered: FULL waits for the disk. What a
	// crash takes from a read model is folded again from the log: NORMAL.
	if p.Log, err = openPool(file, logConnections, "synchronous(FULL)"); err != nil {
		return p, err
	}
	if p.Models, err = openPool(file, modelConnections, "synchronous(NORMAL)"); err != nil {
		return p, errors.Join(err, p.Log.Close())
	}
	if p.Reads, err = openPool(file, readConnections, "query_only(1)"); err != nil {
		return p, errors.Join(err, p.Log.Close(), p.Models.Close())
	}
	if err := p.Log.PingContext(ctx); err != nil {
		return p, errors.Join(fmt.Errorf("open %s: %w", file.path, err), p.Log.Close(), p.Models.Close(), p.Reads.Close())
	}
	return p, nil
}

// openPool opens a pool whose every connection has the pragmas: a PRAGMA that
// is executed reaches one connection only.
func openPool(file guard, connections int, pragmas ...string) (*sql.DB, error) {
	return openFile(file, connections, writable(pragmas...))
}

// openFile opens a pool whose connections have parameters of the driver, and are
// all to this file.
func openFile(file guard, connections int, parameters url.Values) (*sql.DB, error) {
	dsn, err := dsn(file.path, parameters)
	if err != nil {
		return nil, err
	}
	opener, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file.path, err)
	}
	db := sql.OpenDB(connector{opener, file})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// writable are the parameters of a connection that may write.
func writable(pragmas ...string) url.Values {
	return url.Values{
		"mode":    {"rw"},        // else a file that was removed would be made anew, empty
		"_txlock": {"immediate"}, // a deferred transaction fails when it turns out to write
		"_pragma": append([]string{"busy_timeout(10000)", "journal_mode(WAL)"}, pragmas...),
	}
}

// dsn builds the driver's name of a file. The path is escaped: a # or ? in it
// would otherwise open another file.
func dsn(path string, parameters url.Values) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path of the database: %w", err)
	}
	u := url.URL{
		Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath(), RawQuery: parameters.Encode(),
	}
	return u.String(), nil
}

// Migrate makes the file if it is missing, readable by its owner only, brings
// the schema to that of the program and returns the names of the migrations
// that it applied. It returns sqlstore.ErrTooNew.
func Migrate(ctx context.Context, path string) ([]string, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	db, err := openPool(file, 1, "synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var all []string
	for try := 1; ; try++ {
		m, err := sqlstore.NewMigrator(goose.DialectSQLite3, db, migrations.SQLite())
		if err != nil {
			return all, err
		}
		applied, err := m.Up(ctx)
		all = append(all, applied...)
		if err == nil || try == migrateTries || ctx.Err() != nil || errors.Is(err, sqlstore.ErrTooNew) {
			return all, err
		}
	}
}

// create makes an empty file where there is none: SQLite would make one that
// others can read.
func create(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return file.Close()
}
