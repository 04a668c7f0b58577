package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/adapters/storetest"
	"dossier/adapters/wholefile"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// writer appends events until it is stopped.
type writer struct {
	t       *testing.T
	store   storetest.Store
	stop    context.CancelFunc
	stopped chan error
}

func startWriter(t *testing.T, d *database) *writer {
	t.Helper()
	s, err := d.Open(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	w := &writer{t: t, store: s, stop: stop, stopped: make(chan error, 1)}
	go func() { w.stopped <- s.Run(ctx) }()
	return w
}

// write appends events, each of the session of a name.
func (w *writer) write(name string, n int) {
	w.t.Helper()
	for range n {
		_, err := w.store.Append(w.t.Context(), eventlog.Request{
			Stream: eventlog.Stream{App: "default", Session: kyc.SessionID(name)},
			Decide: func(eventlog.Head) ([]kyc.Event, error) { return []kyc.Event{kyc.WebhookDiscarded{Status: "x"}}, nil },
		})
		if err != nil {
			w.t.Error(err)
		}
	}
}

func (w *writer) end() {
	w.t.Helper()
	w.stop()
	if err := errors.Join(<-w.stopped, w.store.Close()); err != nil {
		w.t.Fatal(err)
	}
}

// checkFolder says which files there must be in a database's folder.
func checkFolder(t *testing.T, d *database, want int) {
	t.Helper()
	left, err := os.ReadDir(filepath.Dir(d.path))
	if err != nil || len(left) != want {
		t.Errorf("%d files, want %d: %v, %v", len(left), want, left, err)
	}
}

// A backup comes to its end beside one who writes without a pause, and is one
// state of the log.
func TestABackupEndsBesideABusyWriter(t *testing.T) {
	d := newDatabase(t)
	w := startWriter(t, d)
	w.write("a", 50)
	enough, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for done := false; !done; {
			w.write("b", 1)
			select {
			case <-enough:
				done = true
			default:
			}
		}
	}()
	for i := range 3 {
		target := filepath.Join(t.TempDir(), fmt.Sprint("copy ", i))
		c, err := sqlite.Backup(t.Context(), d.path, target)
		if err != nil || c.Head < 50 {
			t.Fatalf("%+v, %v", c, err)
		}
		info, err := os.Stat(target)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if left, err := os.ReadDir(filepath.Dir(target)); err != nil || len(left) != 1 {
			t.Errorf("beside the copy: %v, %v", left, err)
		}
		again, err := sqlite.Inspect(t.Context(), target)
		if err != nil || again.Head != c.Head {
			t.Errorf("%+v, %v, want %+v", again, err, c)
		}
	}
	close(enough)
	<-ended
	w.end()
}

func TestABackupOverwritesNothing(t *testing.T) {
	d := newDatabase(t)
	target := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Backup(t.Context(), d.path, target)
	if kept, gone := os.ReadFile(target); !errors.Is(err, wholefile.ErrExists) || string(kept) != "mine" || gone != nil {
		t.Errorf("%v, and the file holds %q, %v", err, kept, gone)
	}
	if _, err := sqlite.Backup(t.Context(), d.path+".none", target+"2"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a missing database: %v", err)
	}
}

// What is not whole never gets the name of a backup.
func TestWhatIsNotWholeIsNoBackup(t *testing.T) {
	for name, c := range map[string]struct {
		damage []string
		want   error
	}{
		"a hole in the log":       {[]string{`DROP TRIGGER events_refuse_delete`, `DELETE FROM events WHERE position = 2`}, sqlstore.ErrNotWhole},
		"the first event is gone": {[]string{`DROP TRIGGER events_refuse_delete`, `DELETE FROM events WHERE position = 1`}, sqlstore.ErrNotWhole},
		"an access is gone":       {[]string{`INSERT INTO access_log VALUES (1, 0, 'a', '', 'cli', 'x', '', '', ''), (2, 0, 'a', '', 'cli', 'x', '', '', '')`, `DROP TRIGGER access_log_refuse_delete`, `DELETE FROM access_log WHERE number = 1`}, sqlstore.ErrNotWhole},
		"a checkpoint of more":    {[]string{`INSERT INTO log_checkpoints VALUES (9, 'o' || char(10) || '9' || char(10) || 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' || char(10) || char(10) || 'x', 0)`}, sqlstore.ErrNotWhole},
		"an older schema":         {[]string{`DELETE FROM goose_db_version WHERE version_id > 3`}, sqlstore.ErrNotMigrated},
	} {
		d := newDatabase(t)
		w := startWriter(t, d)
		w.write("a", 3)
		w.end()
		conn, err := d.raw.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range c.damage {
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %s: %v", name, statement, err)
			}
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		folder := t.TempDir()
		_, err = sqlite.Backup(t.Context(), d.path, filepath.Join(folder, "copy"))
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
			t.Errorf("%s: left are %v, %v", name, left, err)
		}
	}
}

// agreed lets a restore go on.
func agreed(sqlstore.Contents) error { return nil }

// backedUp returns a database with a backup of its first three events.
func backedUp(t *testing.T) (d *database, backup string) {
	t.Helper()
	d = newDatabase(t)
	w := startWriter(t, d)
	w.write("a", 3)
	w.end()
	backup = filepath.Join(t.TempDir(), "copy")
	if _, err := sqlite.Backup(t.Context(), d.path, backup); err != nil {
		t.Fatal(err)
	}
	return d, backup
}

func TestARestoreRefusesADatabaseThatIsInUse(t *testing.T) {
	d, backup := backedUp(t)
	w := startWriter(t, d)
	w.write("a", 2)
	if _, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{Events: 2}, agreed); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	w.write("a", 1)
	w.end()
	if c, err := sqlite.Inspect(t.Context(), d.path); err != nil || c.Head != 6 {
		t.Errorf("%+v, %v", c, err)
	}
}

// Events are lost only by one who says how many, and the file that has them
// stays.
func TestARestoreLosesWhatIsAcceptedOnly(t *testing.T) {
	d, backup := backedUp(t)
	w := startWriter(t, d)
	w.write("a", 2)
	w.end()
	for _, lose := range []int64{0, 1, 3} {
		_, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{Events: lose}, agreed)
		if newer, ok := errors.AsType[*sqlite.NewerError](err); !ok || newer.Events != 2 || newer.After != 3 {
			t.Errorf("with %d: %v", lose, err)
		}
		if c, err := sqlite.Inspect(t.Context(), d.path); err != nil || c.Head != 5 {
			t.Errorf("with %d: %+v, %v", lose, c, err)
		}
	}
	r, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{Events: 2}, agreed)
	if err != nil || r.Head != 3 || r.Lost.Events != 2 || r.Was.Head != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	if kept, err := sqlite.Inspect(t.Context(), r.Kept); err != nil || kept.Head != 5 {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	w = startWriter(t, d)
	w.write("z", 4) // another history
	w.end()
	_, err = sqlite.Restore(t.Context(), r.Kept, d.path, sqlite.Loss{}, agreed)
	if newer, ok := errors.AsType[*sqlite.NewerError](err); !ok || newer.Events != 4 || newer.After != 3 {
		t.Errorf("of another history: %v", err)
	}
}

// Who must know what is replaced knows it before: its failure changes nothing.
func TestARestoreTellsBeforeItReplaces(t *testing.T) {
	d, backup := backedUp(t)
	w := startWriter(t, d)
	w.write("a", 2)
	w.end()
	refused := errors.New("no")
	_, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{Events: 2}, func(was sqlstore.Contents) error {
		if was.Head != 5 {
			t.Errorf("told of %+v", was)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if c, err := sqlite.Inspect(t.Context(), d.path); err != nil || c.Head != 5 {
		t.Errorf("%+v, %v", c, err)
	}
	checkFolder(t, d, 1)
}

// holding names the database that a process of this test keeps open.
const holding = "DOSSIER_TEST_HOLDING"

// A server whose file was removed still has what is beside it open: a restore
// would take its log from under it.
func TestARestoreRefusesADatabaseThatWasRemovedUnderItsServer(t *testing.T) {
	if path := os.Getenv(holding); path != "" {
		d := &database{path: path}
		w := startWriter(t, d)
		w.write("a", 1)
		fmt.Println("holds")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	d, backup := backedUp(t)
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	holder.Env = append(os.Environ(), holding+"="+d.path)
	in, _ := holder.StdinPipe()
	out, _ := holder.StdoutPipe()
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holds\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{}, agreed); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	if _, err := os.Stat(d.path + "-wal"); err != nil {
		t.Errorf("the server's log: %v", err)
	}
	in.Close()
	_ = holder.Wait()
	if _, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{}, agreed); err != nil {
		t.Errorf("after it: %v", err)
	}
}

// An old -wal beside the file would be taken for its own.
func TestARestoreRemovesWhatIsBesideTheFile(t *testing.T) {
	d, backup := backedUp(t)
	for _, name := range []string{"-wal", "-shm", "-journal"} {
		if err := os.WriteFile(d.path+name, []byte(strings.Repeat("stale", 5000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	r, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{}, agreed)
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(r.Kept); err != nil || !strings.HasPrefix(string(kept), "stale") {
		t.Errorf("kept is %q, %v", r.Kept, err)
	}
	checkFolder(t, d, 2)
	if info, err := os.Stat(d.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	w := startWriter(t, d)
	w.write("a", 1)
	w.end()
	if c, err := sqlite.Inspect(t.Context(), d.path); err != nil || c.Head != 4 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestARestoreOfWhatIsNoBackupChangesNothing(t *testing.T) {
	d, backup := backedUp(t)
	content, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, content[:len(content)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{short, short + ".none"} {
		if _, err := sqlite.Restore(t.Context(), file, d.path, sqlite.Loss{}, agreed); err == nil {
			t.Errorf("%s was restored", file)
		}
	}
	if err := os.WriteFile(d.path, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Restore(t.Context(), backup, d.path, sqlite.Loss{}, agreed); !errors.Is(err, sqlite.ErrUnreadable) {
		t.Errorf("over a file that can't be read: %v", err)
	}
	checkFolder(t, d, 1)
}
