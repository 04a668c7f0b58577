package sqlite

import (
	"errors"
	"os"
	"testing"

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
