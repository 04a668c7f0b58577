package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"

	"dossier/adapters/postgres/pgconn"
)

// A trigger that is not ALWAYS (A) is passed by in a session that plays a
// replica. `pg_restore --disable-triggers` leaves it so.
const brokenTriggers = `SELECT wanted.of_table, wanted.name,
  CASE WHEN t.oid IS NULL THEN 'is missing' WHEN t.tgenabled = 'D' THEN 'is disabled' ELSE 'does not fire in a session that plays a replica' END
FROM (VALUES
  ('events', 'events_are_append_only'),
  ('access_log', 'access_log_is_numbered'), ('access_log', 'access_log_has_no_holes'),
  ('access_log', 'access_log_is_append_only'), ('log_cuts', 'log_cuts_are_append_only')) AS wanted (of_table, name)
LEFT JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = pg_catalog.to_regclass(wanted.of_table) AND t.tgname = wanted.name
WHERE t.tgenabled IS DISTINCT FROM 'A'
ORDER BY wanted.of_table, wanted.name`

// armed are the triggers that brokenTriggers looks at, each with the statement that
// lets it fire always.
func armed() map[string]string {
	return map[string]string{
		"events_are_append_only":    `ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_append_only`,
		"access_log_is_numbered":    `ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_numbered`,
		"access_log_has_no_holes":   `ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_has_no_holes`,
		"access_log_is_append_only": `ALTER TABLE access_log ENABLE ALWAYS TRIGGER access_log_is_append_only`,
		"log_cuts_are_append_only":  `ALTER TABLE log_cuts ENABLE ALWAYS TRIGGER log_cuts_are_append_only`,
	}
}

// Of these someone took the trigger away, which is for a person to look at: it is
// not repaired.
const (
	missing  = "is missing"
	disabled = "is disabled"
)

// notOwner is the SQLSTATE of one who may not alter a table.
const notOwner = "42501"

// Rearm lets the triggers that are there fire always again, as the owner of the
// tables can, and returns what it did in words. One that is missing or disabled
// stays so. The database must be migrated.
func Rearm(ctx context.Context, databaseURL string) (repaired []string, err error) {
	address, err := pgconn.ParseAddress(databaseURL)
	if err != nil {
		return nil, err
	}
	db := openPool(address, 1, pgconn.Options{Silence: migrateSilence, Writes: true, Primary: true, Settings: migrateSettings()})
	defer db.Close()
	faults, err := disarmed(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read the triggers: %w", err)
	}
	for name, said := range faults {
		_, err := db.ExecContext(ctx, armed()[name])
		if refusal, ok := errors.AsType[*pq.Error](err); ok && refusal.Code == notOwner {
			continue // a server's role: readiness and its log say so
		}
		if err != nil {
			return repaired, fmt.Errorf("let the trigger %s fire always: %w", name, err)
		}
		repaired = append(repaired, said)
	}
	return repaired, nil
}

// disarmed returns the triggers that are there and do not fire always, each with
// what is said when that is over.
func disarmed(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, brokenTriggers)
	if err != nil {
		return nil, err
	}
	faults := map[string]string{}
	for rows.Next() {
		var table, name, fault string
		if err := rows.Scan(&table, &name, &fault); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		if fault != missing && fault != disabled {
			faults[name] = table + ": the trigger " + name + " fires always again; it was not so: " + fault
		}
	}
	return faults, errors.Join(rows.Err(), rows.Close())
}
