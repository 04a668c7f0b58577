package verdict

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// dumps are the read models' rows, each table in an order of its own.
func dumps() map[string]string {
	return map[string]string{
		"sessions":      `SELECT * FROM sessions ORDER BY app, session_id`,
		"steps":         `SELECT * FROM steps ORDER BY app, session_id, step_id`,
		"flags":         `SELECT * FROM flags ORDER BY position`,
		"stats":         `SELECT * FROM stats ORDER BY hours, metric, start, app, service, label, detail`,
		"stats_waiting": `SELECT * FROM stats_waiting ORDER BY app, session_id, step_id`,
	}
}

// Models are the rows of the read models by table, each as text.
type Models map[string][]string

// ReadModels reads all read models.
func ReadModels(ctx context.Context, db *sql.DB) (Models, error) {
	all := Models{}
	for table, query := range dumps() {
		rows, err := dump(ctx, db, query)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", table, err)
		}
		all[table] = rows
	}
	return all, nil
}

func dump(ctx context.Context, db *sql.DB, query string) (lines []string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for rows.Next() {
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		lines = append(lines, line(columns, values))
	}
	return lines, rows.Err()
}

func line(columns []string, values []any) string {
	var b strings.Builder
	for i, v := range values {
		value := *v.(*any)
		if text, ok := value.([]byte); ok {
			value = string(text)
		}
		fmt.Fprintf(&b, "%s=%v ", columns[i], value)
	}
	return b.String()
}

// differences are the rows that only one of two dumps has, at most a few.
func differences(before, after Models) (all []string) {
	const most = 5
	for table := range dumps() {
		had := map[string]int{}
		for _, row := range before[table] {
			had[row]++
		}
		for _, row := range after[table] {
			had[row]--
		}
		for row, n := range had {
			if n != 0 && len(all) < most {
				all = append(all, fmt.Sprintf("%s, only %s the rebuild: %s", table, map[bool]string{true: "before", false: "after"}[n > 0], row))
			}
		}
	}
	return all
}
