package sqlstore_test

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"dossier/adapters/sqlstore"
)

// busyEvents is how many events the one busy session has, each brought by a
// delivery and a flag. A page is a tenth.
const (
	busyEvents = 8000
	busyPage   = 800
)

// fillBusy writes them past the service: only their number matters.
func fillBusy(t *testing.T, b backend) {
	t.Helper()
	const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) `
	uuid, bytes := `lower(hex(randomblob(16)))`, `CAST(i AS BLOB)`
	if b.isPostgres() {
		uuid, bytes = `gen_random_uuid()`, `i::text::bytea`
	}
	for _, statement := range []string{
		// Statistics that were taken before it know sessions with one event only.
		`INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at) ` + numbers +
			`SELECT i + $1, ` + uuid + `, 'default/' || i, 1, 'kyc.webhook_discarded.v1', '{}', '{}', i FROM n`,
		`ANALYZE`,
		`INSERT INTO events (position, event_id, stream, version, type, data, metadata, recorded_at) ` + numbers +
			`SELECT i, ` + uuid + `, 'default/busy', i, 'kyc.webhook_discarded.v1', '{}', '{}', i FROM n`,
		`INSERT INTO deliveries (app, delivery_id, sha256, position, version, last_position, recorded_at) ` + numbers +
			`SELECT 'default', CAST(i AS text), ` + bytes + `, i, i, i + i % 2, i FROM n`,
		`INSERT INTO flags (position, app, session_id, step_id, service, violation, severity, from_status, attempted, reason, state,
  flagged_at, resolved_at, resolved_by, note) ` + numbers + `SELECT i, 'default', 'busy', '', '', '', '', '', '', '', 'open', i, 0, '', '' FROM n`,
	} {
		var args []any
		if strings.Contains(statement, "$1") {
			args = append(args, busyEvents)
		}
		if _, err := b.raw.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// paged are statements that read a page of the busy session, from its middle.
func paged() map[string]struct {
	statement string
	args      []any
} {
	const middle = busyEvents / 2
	type paged = struct {
		statement string
		args      []any
	}
	return map[string]paged{
		"deliveries":       {sqlstore.DeliveryRows, []any{"default", "4", []byte{}, busyPage}},
		"flags":            {sqlstore.FlagRows, []any{middle, busyPage}},
		"end of a chunk":   {sqlstore.ChunkEnd, []any{"default/", "default/z", busyPage}},
		"events of chunk":  {sqlstore.ChunkOfEvents, []any{"default/busy", middle, "default/z", busyPage}},
		"begin of chunk":   {sqlstore.ChunkOfEvents, []any{"default/", int64(math.MaxInt64), "default/z", busyPage}},
		"page of a stream": {sqlstore.StreamPage, []any{"default/busy", middle, busyPage}},
		"page of the log":  {sqlstore.LogPage, []any{middle, busyPage}},
		"filtered page":    {sqlstore.FilteredPage, []any{middle, middle + busyPage, "default", "", busyPage}},
		"page of a replay": {sqlstore.ReplayPage, []any{middle, middle + busyPage, "default"}},
		"next stream":      {sqlstore.NextStream, []any{"default/"}},
	}
}

// What a page costs does not depend on how many events its session has: whether
// the planner knows the tables or not, no plan goes through the session for each
// row of the page.
func TestAPageOfABusySessionCostsAPage(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		fillBusy(t, b)
		for _, known := range []bool{false, true} {
			if known {
				if _, err := b.raw.ExecContext(t.Context(), `ANALYZE`); err != nil {
					t.Fatal(err)
				}
			}
			for name, p := range paged() {
				if b.isPostgres() {
					checkTouched(t, b, name, p.statement, p.args)
					continue
				}
				checkSearched(t, b, name, p.statement, p.args)
			}
		}
	})
}

// node is a node of a plan of PostgreSQL, after it was carried out.
type node struct {
	Kind     string  `json:"Node Type"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Filtered float64 `json:"Rows Removed by Filter"`
	Unjoined float64 `json:"Rows Removed by Join Filter"`
	Plans    []node
}

func (n node) touched() float64 {
	total := (n.Rows + n.Filtered + n.Unjoined) * n.Loops
	for _, p := range n.Plans {
		total += p.touched()
	}
	return total
}

// checkTouched counts the rows that all nodes of a plan went through.
func checkTouched(t *testing.T, b backend, name, statement string, args []any) {
	t.Helper()
	var text string
	if err := b.raw.QueryRowContext(t.Context(), `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) `+statement, args...).Scan(&text); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var plans []struct{ Plan node }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	// A small table (there are as many events of others) may be gone through once for each of its uses. For each row of
	// a page it would be hundreds of times as much.
	if touched := plans[0].Plan.touched(); touched > 10*2*busyEvents {
		t.Errorf("%s: %.0f rows were gone through for a page of %d:\n%s", name, touched, busyPage, text)
	}
}

// checkSearched says whether SQLite finds events by their place, and scans
// nothing but what the page itself has.
func checkSearched(t *testing.T, b backend, name, statement string, args []any) {
	t.Helper()
	rows, err := b.raw.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	text := strings.Join(plan, "\n")
	joined := regexp.MustCompile(`SEARCH [eln] `).FindString(text) != ""
	byPlace := strings.Count(text, "USING INTEGER PRIMARY KEY (rowid=?)")
	if err := rows.Err(); err != nil || strings.Contains(text, "SCAN events") || strings.Contains(text, "TEMP B-TREE") ||
		joined && byPlace != len(regexp.MustCompile(`SEARCH [eln] `).FindAllString(text, -1)) {
		t.Errorf("%s: %v\n%s", name, err, fmt.Sprint(text))
	}
}
