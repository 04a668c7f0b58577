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
	var open []audit.Trigger
	err := each(ctx, s.pools.Reads, func(rows *sql.Rows) error {
		var g audit.Trigger
		err := rows.Scan(&g.Table, &g.Name, &g.Fault)
		open = append(open, g)
		return err
	}, s.dialect.BrokenTriggers)
	return open, s.readError("read the triggers", err)
}

// TriggersHold returns nil if nothing is brokenTriggers, else an error that names the
// first trigger and what to do.
func (s *Store) TriggersHold(ctx context.Context) error {
	open, err := s.BrokenTriggers(ctx)
	if err != nil {
		return errors.New("the database does not answer")
	}
	if len(open) == 0 {
		return nil
	}
	return fmt.Errorf("the log can be changed: of the table %s the trigger %s %s (%d in all): run `dossier migrate` as the owner of the tables, then `dossier verify`",
		open[0].Table, open[0].Name, open[0].Fault, len(open))
}

// BrokenTriggers implements [audit.Log].
func (a Audit) BrokenTriggers(ctx context.Context) ([]audit.Trigger, error) {
	return a.store.BrokenTriggers(ctx)
}
