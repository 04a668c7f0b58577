package sqlite

import (
	"errors"
	"fmt"
	"os"

	"dossier/adapters/sqlstore"
)

// errReplaced: the file that the connections write to is not, or no longer, the
// one that others would open. SQLite does not notice.
var errReplaced = errors.New("the database's file was removed or replaced while it was open: put it back, or restart")

// guard knows the file that a store's connections have open.
type guard struct {
	path string
	file os.FileInfo
}

// newGuard returns the guard of a file that was just opened.
func newGuard(path string) (guard, error) {
	file, err := os.Stat(path)
	if err != nil {
		return guard{}, fmt.Errorf("look at the database's file: %w", err)
	}
	return guard{path, file}, nil
}

// intact returns an error unless the file is in its place, and the log of
// writes beside it, which is there while a transaction writes.
func (g guard) intact() error {
	file, err := os.Stat(g.path)
	if err != nil || !os.SameFile(file, g.file) {
		return errReplaced
	}
	if _, err := os.Stat(g.path + "-wal"); err != nil {
		return errReplaced
	}
	return nil
}

// guarded returns the dialect of a store on a file that was just opened.
func guarded(path string) (sqlstore.Dialect, error) {
	g, err := newGuard(path)
	d := dialect()
	d.Intact = g.intact
	return d, err
}
