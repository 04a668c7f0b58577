package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"dossier/application/audit"
)

// BrokenTriggers returns the triggers that must keep the logs append-only and don't:
// they are missing, or do not fire in every session. Nothing else stands between
// an SQL shell and what was recorded.
func (s *Store) BrokenTriggers(ctx context.Context) ([]audit.Trigger, error) {
	var broken []audit.Trigger
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		var t audit.Trigger
		err := rows.Scan(&t.Table, &t.Name, &t.Fault)
		broken = append(broken, t)
		return err
	}, s.dialect.BrokenTriggers)
	return broken, s.readError("read the triggers", err)
}

// TriggersHold returns nil if no trigger is broken, else an error that names the
// first and what to do.
func (s *Store) TriggersHold(ctx context.Context) error {
	broken, err := s.BrokenTriggers(ctx)
	if err != nil {
		return errors.New("the database does not answer")
	}
	if len(broken) == 0 {
		return nil
	}
	return fmt.Errorf("the log can be changed: of the table %s the trigger %s %s (%d in all): run `dossier migrate` as the owner of the tables, then `dossier verify`",
		broken[0].Table, broken[0].Name, broken[0].Fault, len(broken))
}

// BrokenTriggers implements [audit.Log].
func (a Audit) BrokenTriggers(ctx context.Context) ([]audit.Trigger, error) {
	return a.store.BrokenTriggers(ctx)
}
