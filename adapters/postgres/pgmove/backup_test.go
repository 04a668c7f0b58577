package pgmove_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/adapters/postgres/pgmove"
	"dossier/adapters/postgres/pgtest"
	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
)

func TestABackupIsRestoredIntoAnEmptyDatabase(t *testing.T) {
	source, target := pgtest.New(t), pgtest.New(t)
	filled(t, source)
	disorder(t, source)
	execute(t, source, `CREATE ROLE moves_reader; GRANT SELECT ON events TO moves_reader`)
	t.Cleanup(func() { dropRole(t, source) })
	file := filepath.Join(t.TempDir(), "backup")
	made, err := pgmove.Backup(t.Context(), source+"&statement_timeout=20000", file)
	if err != nil || made.Head != 20 || made.Accesses != 20 {
		t.Fatalf("%+v, %v", made, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := pgmove.Backup(t.Context(), source, file); !errors.Is(err, wholefile.ErrExists) {
		t.Errorf("over another: %v", err)
	}
	restored, err := pgmove.Restore(t.Context(), file, target)
	if err != nil || restored.Head != made.Head || restored.Accesses != made.Accesses {
		t.Fatalf("%+v, %v", restored, err)
	}
	checkCopied(t, source, target, allEvents, allAccesses, allMessages)
	if _, err := pgmove.Restore(t.Context(), file, target); !errors.Is(err, pgmove.ErrNotEmpty) {
		t.Errorf("again: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func dropRole(t *testing.T, databaseURL string) {
	t.Helper()
	db := connect(t, databaseURL)
	defer db.Close()
	if _, err := db.Exec(`DROP OWNED BY moves_reader; DROP ROLE moves_reader`); err != nil {
		t.Error(err)
	}
}

// Half a file restores nothing, and a log with a hole is no backup.
func TestWhatIsNotWholeIsNeitherBackedUpNorRestored(t *testing.T) {
	source, target := pgtest.New(t), pgtest.New(t)
	filled(t, source)
	file := filepath.Join(t.TempDir(), "backup")
	if _, err := pgmove.Backup(t.Context(), source, file); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content[:len(content)-200], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pgmove.Restore(t.Context(), file, target); err == nil {
		t.Error("half a file was restored")
	}
	if n := text(t, target, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`); n != "0" {
		t.Errorf("%s relations are left of it", n)
	}
	execute(t, source, `ALTER TABLE events DISABLE TRIGGER ALL; DELETE FROM events WHERE position = 7`)
	if _, err := pgmove.Backup(t.Context(), source, file+"2"); !errors.Is(err, sqlstore.ErrNotWhole) {
		t.Errorf("with a hole: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// The arguments of a program can be read by everyone on the machine.
func TestThePasswordIsNoArgument(t *testing.T) {
	folder := t.TempDir()
	said := filepath.Join(folder, "said")
	program := "#!/bin/sh\necho \"$@\" >>" + said + "\necho \"$PGPASSWORD\" >" + said + ".password\nexit 1\n"
	if err := os.WriteFile(filepath.Join(folder, "pg_dump"), []byte(program), 0o700); err != nil {
		t.Fatal(err)
	}
	databaseURL := pgtest.New(t)
	filled(t, databaseURL)
	t.Setenv("PATH", folder+":/bin:/usr/bin")
	_, err := pgmove.Backup(t.Context(), databaseURL, filepath.Join(folder, "backup"))
	arguments, read := os.ReadFile(said)
	password, readToo := os.ReadFile(said + ".password")
	if err == nil || read != nil || readToo != nil {
		t.Fatalf("%v, %v, %v", err, read, readToo)
	}
	secret := strings.TrimSpace(string(password))
	if strings.Contains(databaseURL, ":"+secret+"@") != (secret != "") || secret != "" && strings.Contains(string(arguments), secret) {
		t.Errorf("the arguments are %s", arguments)
	}
	t.Setenv("PATH", folder+"/none")
	if _, err := pgmove.Backup(t.Context(), databaseURL, filepath.Join(folder, "backup")); !errors.Is(err, pgmove.ErrNoPrograms) {
		t.Errorf("without the program: %v", err)
	}
}
