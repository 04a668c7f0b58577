package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
)

// linked returns a link that leads to a file over others, and the file's real
// place. The file is not there yet.
func linked(t *testing.T) (link, file string) {
	t.Helper()
	folder := t.TempDir()
	in := func(elem ...string) string { return filepath.Join(append([]string{folder}, elem...)...) }
	err := errors.Join(os.MkdirAll(in("far", "real"), 0o700), os.Mkdir(in("links"), 0o700), os.Symlink(in("far", "real"), in("folder")),
		os.Symlink("../folder/../second.db", in("links", "first.db")), // which is in far
		os.Symlink("real/d.db", in("far", "second.db")))
	if err != nil {
		t.Fatal(err)
	}
	return in("links", "first.db"), in("far", "real", "d.db")
}

// SQLite keeps its files beside the real one, so everything is done there.
func TestADatabaseBehindLinksIsTheRealFile(t *testing.T) {
	link, file := linked(t)
	if _, err := sqlite.Migrate(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	d := &database{path: link}
	w := startWriter(t, d)
	w.write("a", 2)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if held, err := sqlite.Backup(t.Context(), link, backup); err != nil || held.Head != 2 {
		t.Fatalf("%+v, %v", held, err)
	}
	if _, err := sqlite.Restore(t.Context(), backup, link, sqlite.Loss{}, agreed); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	w.write("a", 1)
	w.end()
	done, err := sqlite.Restore(t.Context(), backup, link, sqlite.Loss{Events: 1}, agreed)
	if err != nil || filepath.Dir(done.Kept) != filepath.Dir(file) {
		t.Fatalf("%+v, %v", done, err)
	}
	checkLinked(t, link, file, 2)

	if err := errors.Join(os.Remove(file), os.WriteFile(file+"-wal", []byte("of a file that is gone"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if done, err = sqlite.Restore(t.Context(), backup, link, sqlite.Loss{}, agreed); err != nil || done.Kept == "" {
		t.Errorf("where the file is missing: %+v, %v", done, err)
	}
	checkLinked(t, link, file, 2)
	if _, err := os.Stat(file + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log of the file that is gone: %v", err)
	}
}

// checkLinked says that a link is still one, and how many events its file has.
func checkLinked(t *testing.T, link, file string, head int64) {
	t.Helper()
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	for _, path := range []string{link, file} {
		s, err := sqlite.OpenReadOnly(t.Context(), path, sqlstore.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Head(t.Context()); err != nil || got != head {
			t.Errorf("%s has %d events, %v", path, got, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLinksThatLeadNowhereAreAnError(t *testing.T) {
	circle := filepath.Join(t.TempDir(), "circle.db")
	if err := os.Symlink(circle, circle); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Migrate(t.Context(), circle); err == nil {
		t.Error("a database was made")
	}
}
