package postgres

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/lib/pq"
	"pgregory.net/rapid"

	"dossier/adapters/postgres/pgconn"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
)

// openBinary opens a database as the pools do: with parameters as bytes.
func openBinary(t *testing.T) *sql.DB {
	t.Helper()
	address, err := pgconn.ParseAddress(pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	db := openPool(address, 1, pgconn.Options{Silence: patience})
	t.Cleanup(func() { db.Close() })
	return db
}

// PostgreSQL itself says what it read: each array as one of text.
const readArrays = `SELECT $1::text[], $2::bigint[]::text[], $3::uuid[]::text[],
	ARRAY(SELECT encode(b, 'hex') FROM unnest($4::bytea[]) WITH ORDINALITY AS u (b, i) ORDER BY i)`

func TestArraysAreReadBack(t *testing.T) {
	db := openBinary(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(t, "length")
		texts, ints, uuids, blobs := make(sqlstore.Texts, n), make(sqlstore.Ints, n), make(sqlstore.UUIDs, n), make(sqlstore.Blobs, n)
		want := make([][]string, 4)
		for i := range n {
			texts[i] = strings.ReplaceAll(rapid.String().Draw(t, "text"), "\x00", "")
			ints[i] = rapid.Int64().Draw(t, "int")
			uuids[i] = uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")).String()
			blobs[i] = rapid.SliceOf(rapid.Byte()).Draw(t, "blob")
			for column, text := range []string{texts[i], fmt.Sprint(ints[i]), uuids[i], fmt.Sprintf("%x", blobs[i])} {
				want[column] = append(want[column], text)
			}
		}
		got := make([]pq.StringArray, 4)
		err := db.QueryRow(readArrays, arrays(texts, ints, uuids, blobs)...).Scan(&got[0], &got[1], &got[2], &got[3])
		if err != nil {
			t.Fatal(err)
		}
		for column := range want {
			if fmt.Sprintf("%q", []string(got[column])) != fmt.Sprintf("%q", want[column]) {
				t.Fatalf("column %d is %q, want %q", column, got[column], want[column])
			}
		}
	})
}

func TestLongArraysAreReadBack(t *testing.T) {
	db := openBinary(t)
	texts := make(sqlstore.Texts, 512)
	total := 0
	for i := range texts {
		texts[i] = strings.Repeat("é🙂", i*20)
		total += len(texts[i])
	}
	var n, bytes int
	err := db.QueryRow(`SELECT count(*), sum(octet_length(t)) FROM unnest($1::text[]) AS u (t)`, arrays(texts)...).Scan(&n, &bytes)
	if err != nil || n != len(texts) || bytes != total {
		t.Errorf("%d texts of %d bytes, want %d of %d, %v", n, bytes, len(texts), total, err)
	}
}

func TestWhatIsNoUUIDIsRefused(t *testing.T) {
	db := openBinary(t)
	for _, bad := range []string{"", "x", "0190163d-8694-739b-aea5-966c26f8ad9", "0190163d-8694-739b-aea5-966c26f8ad91-00"} {
		var n int
		err := db.QueryRow(`SELECT cardinality($1::uuid[])`, arrays(sqlstore.UUIDs{bad})...).Scan(&n)
		if err == nil {
			t.Errorf("%q was read as a UUID", bad)
		}
	}
}
