package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// migrated makes a database file that a test may open.
func migrated(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "dossier.db")
	if _, err := Migrate(context.Background(), path); err != nil {
		tb.Fatal(err)
	}
	return path
}

// found is a file that is about to be opened.
func found(tb testing.TB, path string) guard {
	tb.Helper()
	file, err := findFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

func TestEveryConnectionHasThePragmasOfItsPool(t *testing.T) {
	pools, err := openPools(t.Context(), found(t, migrated(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, pool := range map[string]struct {
		db      *sql.DB
		pragmas map[string]string
	}{
		"log":    {pools.Log, map[string]string{"synchronous": "2", "journal_mode": "wal", "busy_timeout": "10000", "query_only": "0"}},
		"models": {pools.Models, map[string]string{"synchronous": "1", "journal_mode": "wal", "busy_timeout": "10000", "query_only": "0"}},
		"reads":  {pools.Reads, map[string]string{"journal_mode": "wal", "busy_timeout": "10000", "query_only": "1"}},
	} {
		// All the connections that the pool may have, at once.
		for i := range pool.db.Stats().MaxOpenConnections {
			conn, err := pool.db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for pragma, want := range pool.pragmas {
				var got string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s of connection %d of the pool %s is %s (%v), want %s", pragma, i, name, got, err, want)
				}
			}
		}
		t.Cleanup(func() { pool.db.Close() })
	}
}

func TestReadsCantWrite(t *testing.T) {
	pools, err := openPools(t.Context(), found(t, migrated(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer pools.Reads.Close()
	defer pools.Models.Close()
	defer pools.Log.Close()
	if _, err := pools.Reads.ExecContext(t.Context(), `INSERT INTO settings VALUES ('a', 'b')`); err == nil {
		t.Error("a connection that reads has written")
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	path := migrated(t)
	pools, err := openPools(t.Context(), found(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer pools.Reads.Close()
	defer pools.Models.Close()
	defer pools.Log.Close()
	if _, err := pools.Log.ExecContext(t.Context(), `INSERT INTO settings VALUES ('a', 'b')`); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("dossier.db%s has the mode %v, want 0600", suffix, mode)
		}
	}
}

// A part of a path that means something in a URL must not change which file is
// opened.
func TestOddPaths(t *testing.T) {
	for _, name := range []string{
		"plain.db", "with spaces .db", "a#b.db", "a?b.db", "a?mode=memory", "a%b.db", "a%20b.db", "a&b=c.db", "a+b.db",
		"é 🙂.db", "quote'\".db", `back\slash.db`, ":memory:", "file:x.db", "a;b.db", "-a.db", "~.db",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, name)
			if _, err := Migrate(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			pools, err := openPools(t.Context(), found(t, path))
			if err != nil {
				t.Fatal(err)
			}
			var n int
			err = pools.Reads.QueryRowContext(t.Context(), `SELECT count(*) FROM events`).Scan(&n)
			pools.Reads.Close()
			pools.Models.Close()
			pools.Log.Close()
			if err != nil {
				t.Error(err)
			}
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if !strings.HasPrefix(entry.Name(), name) {
					t.Errorf("there is a file %q beside %q", entry.Name(), name)
				}
			}
		})
	}
}

func TestRelativePathsAreThoseOfTheFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := Migrate(t.Context(), "a#b.db"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("a#b.db"); err != nil {
		t.Error(err)
	}
}

func TestFoldersThatAreMissingAreAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "dossier.db")
	if _, err := Migrate(t.Context(), path); err == nil {
		t.Error("a database was made in a folder that is missing")
	}
	if _, err := findFile(path); err == nil {
		t.Error("a database was found in a folder that is missing")
	}
}
