package pgconn

import (
	"slices"
	"testing"

	"dossier/adapters/postgres/pgtest"
)

// What a driver may offer beside the least is still offered: COPY, types of
// columns, several results, arrays as parameters, numbers above an int64.
func TestTheDriversAbilitiesAreLeft(t *testing.T) {
	db := opened(t, pgtest.New(t), Options{Writes: true})
	run(t, db, `CREATE TABLE kept (n int)`)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := tx.PrepareContext(t.Context(), `COPY kept (n) FROM STDIN`)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := copied.ExecContext(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := copied.ExecContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := copied.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), `SELECT n FROM kept ORDER BY n; SELECT 'x'::text AS word`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var numbers []int
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	if !slices.Equal(numbers, []int{0, 1, 2}) || !rows.NextResultSet() {
		t.Errorf("got %v, and no second result (%v)", numbers, rows.Err())
	}
	types, err := rows.ColumnTypes()
	if err != nil || len(types) != 1 || types[0].DatabaseTypeName() != "TEXT" || types[0].ScanType().Kind().String() != "string" {
		t.Errorf("the types are %v, %v", types, err)
	}
	var sum, most string
	err = db.QueryRowContext(t.Context(), `SELECT (SELECT sum(n) FROM unnest($1::int[]) AS u (n))::text, $2::numeric::text`,
		[]int64{1, 2, 3}, uint64(1<<64-1)).Scan(&sum, &most)
	if err != nil || sum != "6" || most != "18446744073709551615" {
		t.Errorf("%s, %s, %v", sum, most, err)
	}
}
