package sqlstore_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const describePostgres = `SELECT 'column ' || attnum || ' ' || attname || ' ' || format_type(atttypid, atttypmod) ||
  ' collation ' || coalesce(collname, '') || ' not null ' || attnotnull
FROM pg_attribute LEFT JOIN pg_collation AS c ON c.oid = attcollation
WHERE attrelid = $1::regclass AND attnum > 0
UNION ALL
SELECT 'options ' || relpersistence::text || ' ' || coalesce(array_to_string(reloptions, ','), '') FROM pg_class WHERE oid = $1::regclass
UNION ALL
SELECT 'constraint ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::regclass
UNION ALL
SELECT regexp_replace(pg_get_indexdef(indexrelid), 'INDEX \S+ ON', 'INDEX ON') FROM pg_index WHERE indrelid = $1::regclass`

const describeSQLite = `SELECT 'column ' || cid || ' ' || name || ' ' || type || ' not null ' || "notnull" || ' key ' || pk
FROM pragma_table_xinfo($1)
UNION ALL
SELECT 'options without rowid ' || wr || ' strict ' || strict FROM pragma_table_list WHERE name = $1
UNION ALL
SELECT 'definition ' || substr(sql, instr(sql, '(')) FROM sqlite_schema WHERE name = $1
UNION ALL
SELECT 'index ' || origin || "unique" || CASE WHEN partial THEN substr(m.sql, instr(m.sql, 'WHERE')) ELSE '' END ||
  (SELECT group_concat(coalesce(name, 'rowid') || ' ' || coll || ' ' || "desc") FROM pragma_index_xinfo(l.name))
FROM pragma_index_list($1) AS l LEFT JOIN sqlite_schema AS m ON m.name = l.name`

var (
	comments = regexp.MustCompile(`--[^\n]*\n`)
	blanks   = regexp.MustCompile(`\s+`)
)

// description tells all that makes the tables of the read models.
func (b backend) description(t *testing.T) map[string][]string {
	t.Helper()
	told := map[string][]string{}
	for _, table := range []string{"sessions", "steps", "flags", "stats", "stats_waiting"} {
		rows, err := b.raw.QueryContext(t.Context(), b.describe, table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			line = blanks.ReplaceAllString(comments.ReplaceAllString(line, " "), " ")
			told[table] = append(told[table], strings.TrimSpace(line))
		}
		if err := rows.Err(); err != nil || len(told[table]) < 4 {
			t.Fatalf("of %s is told %v, %v", table, told[table], err)
		}
		slices.Sort(told[table])
	}
	return told
}

// What the migrations make, builds make anew: twice, for the names of indexes
// must be free the second time.
func TestARebuiltTableIsAsTheMigrationsMakeIt(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		s := b.run(t, quiet())
		live(t, s)
		made := b.description(t)
		indexes := b.count(t, b.named, "%")
		for range 3 {
			for _, p := range allModels() {
				rebuild(t, s, p)
			}
			if diff := cmp.Diff(made, b.description(t)); diff != "" {
				t.Errorf("a rebuild makes other tables (- the migrations', + the rebuild's):\n%s", diff)
			}
			if n := b.count(t, b.named, "%"); n != indexes {
				t.Errorf("there are %d tables, before there were %d", n, indexes)
			}
		}
	})
}
