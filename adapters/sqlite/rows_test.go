package sqlite

import (
	"database/sql"
	"encoding/hex"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"dossier/adapters/sqlstore"
)

// readRows lets SQLite read rows as the bulk statements do.
const readRows = `SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3) FROM json_each($1)`

func openMemory(tb testing.TB) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// storable is a text that may come: without NUL.
func storable() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
	})
}

func TestRowsAreReadBackByJSONEach(t *testing.T) {
	db := openMemory(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "rows")
		ints, texts := make(sqlstore.Ints, n), make(sqlstore.Texts, n)
		uuids, blobs := make(sqlstore.UUIDs, n), make(sqlstore.Blobs, n)
		for i := range n {
			ints[i], texts[i] = rapid.Int64().Draw(t, "int"), storable().Draw(t, "text")
			blobs[i] = rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
			uuids[i] = hex.EncodeToString(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
		}
		found, err := db.Query(readRows, rows(ints, texts, uuids, blobs)...)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		i := 0
		for ; found.Next(); i++ {
			var number int64
			var text, uuid string
			var blob []byte
			if err := found.Scan(&number, &text, &uuid, &blob); err != nil {
				t.Fatal(err)
			}
			if number != ints[i] || text != texts[i] || uuid != uuids[i] || string(blob) != string(blobs[i]) {
				t.Fatalf("row %d is %d, %q, %s, %x, want %d, %q, %s, %x", i, number, text, uuid, blob, ints[i], texts[i], uuids[i], blobs[i])
			}
		}
		if err := found.Err(); err != nil || i != n {
			t.Fatalf("%d rows, want %d, %v", i, n, err)
		}
	})
}

func FuzzRowsAreReadBackByJSONEach(f *testing.F) {
	for _, seed := range []string{"", `"`, `\`, "\u2028", "\x01\x1f\x7f", "é🙂", `\u0000`, "null", "1", "[", "</script>"} {
		f.Add(seed)
	}
	db := openMemory(f)
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Skip("it is refused before it comes here")
		}
		var got string
		err := db.QueryRow(`SELECT value ->> 1 FROM json_each($1)`, rows(sqlstore.Ints{1}, sqlstore.Texts{text})...).Scan(&got)
		if err != nil || got != text {
			t.Errorf("%q was read as %q, %v", text, got, err)
		}
	})
}

func TestNoRowsAreAnEmptyArray(t *testing.T) {
	if got := rows(sqlstore.Ints{}, sqlstore.Texts(nil)); len(got) != 1 || got[0] != "[]" {
		t.Errorf("got %v", got)
	}
}
