package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
)

// SQLite writes on into a file that has no name any more, and says that all is
// well.
func TestNothingIsAcknowledgedInAFileThatIsGone(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(path string) error
		undo func(path string) error
	}{
		{"the file is moved away", func(path string) error { return os.Rename(path, path+".away") },
			func(path string) error { return os.Rename(path+".away", path) }},
		{"another file is in its place", func(path string) error {
			return errors.Join(os.Rename(path, path+".away"), os.WriteFile(path, nil, 0o600))
		}, func(path string) error { return os.Rename(path+".away", path) }},
		{"the log of writes is moved away", func(path string) error { return os.Rename(path+"-wal", path+"-wal.away") },
			func(path string) error { return os.Rename(path+"-wal.away", path+"-wal") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, f := opened(t)
			if _, err := s.Append(t.Context(), request("a", "before")); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(s.Ready(t.Context()), c.do(f.path)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Append(t.Context(), request("a", "meanwhile")); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Errorf("an append was answered with %v", err)
			}
			if s.Ready(t.Context()) == nil {
				t.Error("the store says that it is ready")
			}
			if _, err := s.Setting(t.Context(), "name", "value"); err == nil {
				t.Error("a setting was acknowledged")
			}
			if err := c.undo(f.path); err != nil {
				t.Fatal(err)
			}
			receipt, err := s.Append(t.Context(), request("a", "after"))
			if err != nil || receipt.Position != 2 {
				t.Errorf("afterwards: %+v, %v", receipt, err)
			}
		})
	}
}

// A file that takes the place of another under its server is never written to by
// that server: the log beside it is of the other file.
func TestNoConnectionIsOpenedToAnotherFile(t *testing.T) {
	s, f := opened(t)
	if _, err := s.Append(t.Context(), request("a", "kept")); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := Backup(t.Context(), f.path, backup); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(t.Context(), request("a", "only in the log")); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	pools, err := openPools(t.Context(), found(t, f.path))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*sql.DB{"log": pools.Log, "models": pools.Models, "reads": pools.Reads}
	for name, pool := range all { // the first connection of each
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer conn.Close()
	}
	if err := os.Rename(backup, f.path); err != nil {
		t.Fatal(err)
	}
	for name, pool := range all {
		conn, err := pool.Conn(t.Context())
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, errReplaced) || classify(err) != sqlstore.Unavailable {
			t.Errorf("a new connection of %s: %v", name, err)
		}
	}
	if err := pools.Close(); err != nil {
		t.Error(err)
	}
	if got, err := os.ReadFile(f.path); err != nil || string(got) != string(want) {
		t.Errorf("the new file was written to: %v", err)
	}
	for _, word := range []string{"corrupts", "`dossier restore`"} {
		if !strings.Contains(errReplaced.Error(), word) {
			t.Errorf("the error does not say %q", word)
		}
	}
}

// replacing opens connections while a file takes the database's place.
type replacing struct {
	driver.Connector
	path string
}

func (r replacing) Connect(context.Context) (driver.Conn, error) {
	return neverClosed{}, errors.Join(os.Remove(r.path), os.WriteFile(r.path, nil, 0o600))
}

// neverClosed is a connection whose close would be a panic.
type neverClosed struct{ driver.Conn }

func TestAConnectionThatMayBeToAnotherFileIsNotUsed(t *testing.T) {
	path := migrated(t)
	c := connector{replacing{path: path}, found(t, path)}
	if err := os.Link(path, path+".kept"); err != nil { // its inode must not be given again
		t.Fatal(err)
	}
	if conn, err := c.Connect(t.Context()); !errors.Is(err, errReplaced) {
		t.Errorf("got %v, %v", conn, err)
	}
}
