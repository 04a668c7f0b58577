package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"

	"dossier/adapters/postgres/pgconn"
)

// Place is where a log is, or would be made.
type Place struct {
	Database, Schema string
	// Relations is how many tables, indexes and the like the database has, in any
	// schema, without those of extensions.
	Relations int
	// Others are the schemas of the same database that hold a log as well.
	Others []string
}

// String names the place.
func (p Place) String() string {
	return fmt.Sprintf("schema %q of the PostgreSQL database %q", p.Schema, p.Database)
}

const (
	selectPlace = `SELECT current_database(), coalesce(current_schema(), ''),
  (SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'))`

	selectOthers = `SELECT n.nspname FROM pg_catalog.pg_namespace AS n
WHERE n.nspname IS DISTINCT FROM current_schema()
  AND (SELECT count(*) FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
       AND c.relname IN ('events', 'heads', 'deliveries', 'log_checkpoints', 'goose_db_version')) = 5
ORDER BY n.nspname`
)

// Locate says where the log of a URL is, and what other logs are in the same
// database: whoever gives another search_path begins a new log, and has lost
// none.
func Locate(ctx context.Context, databaseURL string) (p Place, err error) {
	address, err := pgconn.ParseAddress(databaseURL)
	if err != nil {
		return p, err
	}
	db := openPool(address, 1, pgconn.Options{Silence: readSilence, Settings: readSettings()})
	defer db.Close()
	if err := db.QueryRowContext(ctx, selectPlace).Scan(&p.Database, &p.Schema, &p.Relations); err != nil {
		return p, fmt.Errorf("find out where the log is: %w", err)
	}
	rows, err := db.QueryContext(ctx, selectOthers)
	if err != nil {
		return p, fmt.Errorf("look for other logs: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var schema string
		if err := rows.Scan(&schema); err != nil {
			return p, err
		}
		p.Others = append(p.Others, schema)
	}
	return p, rows.Err()
}

const hasSchema = `SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)`

// FitSchema says whether a schema is there, and which schema a URL would lead to
// if it were. Nothing stays of the trial.
func FitSchema(ctx context.Context, databaseURL, schema string) (there bool, leads string, err error) {
	address, err := pgconn.ParseAddress(databaseURL)
	if err != nil {
		return false, "", err
	}
	db := openPool(address, 1, pgconn.Options{Silence: readSilence, Settings: readSettings()})
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, "", fmt.Errorf("try the schema: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback()) }()
	if _, err := tx.ExecContext(ctx, `SET TRANSACTION READ WRITE`); err != nil {
		return false, "", fmt.Errorf("try the schema: %w", err)
	}
	if err := tx.QueryRowContext(ctx, hasSchema, schema).Scan(&there); err != nil {
		return false, "", fmt.Errorf("look for the schema: %w", err)
	}
	if !there {
		if _, err := tx.ExecContext(ctx, `CREATE SCHEMA `+pq.QuoteIdentifier(schema)); err != nil {
			return false, "", fmt.Errorf("try to make the schema: %w", err)
		}
	}
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(current_schema(), '')`).Scan(&leads); err != nil {
		return there, "", fmt.Errorf("find out where the log would be: %w", err)
	}
	return there, leads, nil
}
