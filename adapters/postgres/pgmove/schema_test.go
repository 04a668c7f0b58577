package pgmove_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgmove"
	"dossier/adapters/postgres/pgtest"
)

const relations = `SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'`

// A database may hold several logs: a backup is of one, and goes where the URL
// leads to.
func TestABackupIsOfOneSchema(t *testing.T) {
	const odd = `Ke"pt. *Apart`
	const search = `&search_path=%22Ke%22%22pt.%20*Apart%22`
	source, there, missing := pgtest.New(t), pgtest.New(t), pgtest.New(t)
	filled(t, source) // in public
	execute(t, source, `CREATE SCHEMA "Ke""pt. *Apart"; CREATE SCHEMA "Kept Apart"; CREATE TABLE "Kept Apart".secrets (a text)`)
	filled(t, source+search)
	grow(t, source+search, 20, 23)
	folder := t.TempDir()
	file := filepath.Join(folder, "apart")
	if made, err := pgmove.Backup(t.Context(), source+search, file); err != nil || made.Head != 23 {
		t.Fatalf("%+v, %v", made, err)
	}

	execute(t, there, `CREATE SCHEMA "Ke""pt. *Apart"`)
	for _, target := range []string{there, missing} {
		_, err := pgmove.Restore(t.Context(), file, target)
		if !errors.Is(err, pgmove.ErrOtherSchema) || !strings.Contains(err.Error(), `search_path="Ke""pt. *Apart"`) {
			t.Errorf("into public: %v", err)
		}
		if n := text(t, target, relations); n != "0" {
			t.Errorf("%s relations were made", n)
		}
	}
	if n := text(t, missing, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'Ke%'`); n != "0" {
		t.Error("the schema was made")
	}
	for _, target := range []string{there, missing} {
		restored, err := pgmove.Restore(t.Context(), file, target+search)
		if err != nil || restored.Head != 23 {
			t.Fatalf("%+v, %v", restored, err)
		}
		checkCopied(t, source+search, target+search, allEvents, allAccesses, allMessages)
		if n := text(t, target, `SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('`+odd+`', 'pg_catalog', 'information_schema')`); n != "0" {
			t.Errorf("%s tables of other schemas were restored", n)
		}
	}
}
