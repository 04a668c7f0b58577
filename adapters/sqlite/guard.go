package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dossier/adapters/sqlstore"
)

// errReplaced: the file that the connections write to is not, or no longer, the
// one that others would open. SQLite does not notice, nor does it see that the -wal
// beside another file is not that file's own.
var errReplaced = errors.New("the database's file was removed or replaced while it was open, and a start beside the -wal of the former file corrupts the new one: " +
	"put the former file back, or stop every server, move the new file away, and let `dossier restore` put it in place")

// maxLinks is how many symbolic links lead to a file at most.
const maxLinks = 40

// guard knows the file that a store's connections have open.
type guard struct {
	path string // not that of a symbolic link: SQLite keeps its files beside the real one
	file os.FileInfo
}

// findFile returns the guard of a file that is about to be opened. It returns
// fs.ErrNotExist.
func findFile(path string) (guard, error) {
	path, err := resolve(path)
	if err != nil {
		return guard{}, err
	}
	file, err := os.Stat(path)
	if err != nil {
		return guard{}, fmt.Errorf("open the database: %w", err)
	}
	return guard{path, file}, nil
}

// resolve returns the place of a file that symbolic links may lead to, whether
// the file is there or not.
func resolve(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&os.ModeSymlink == 0 {
			return path, nil // who opens it says what is wrong
		}
		target, err := os.Readlink(path)
		if err != nil {
			return "", fmt.Errorf("follow the link to the database: %w", err)
		}
		folder, name := filepath.Split(target)
		if !filepath.IsAbs(target) {
			before, _ := filepath.Split(path)
			folder = before + folder // not joined: a .. behind a link leads elsewhere
		}
		if folder, err = filepath.EvalSymlinks(folder); err != nil {
			return "", fmt.Errorf("follow the link to the database: %w", err)
		}
		path = filepath.Join(folder, name)
	}
	return "", fmt.Errorf("follow the link to the database: more than %d links", maxLinks)
}

// inPlace returns an error unless the path still leads to the file.
func (g guard) inPlace() error {
	file, err := os.Stat(g.path)
	if err != nil || !os.SameFile(file, g.file) {
		return errReplaced
	}
	return nil
}

// intact returns an error unless the file is in its place, and the log of
// writes beside it, which is there while a transaction writes.
func (g guard) intact() error {
	if err := g.inPlace(); err != nil {
		return err
	}
	if _, err := os.Stat(g.path + "-wal"); err != nil {
		return errReplaced
	}
	return nil
}

// guarded returns the dialect of a store on a file.
func guarded(g guard) sqlstore.Dialect {
	d := dialect()
	d.Intact = g.intact
	return d
}

// connector opens connections to one file only: a new connection would open the
// file that has taken its place, beside the former file's log, and write the one
// into the other.
type connector struct {
	driver.Connector
	guard guard
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := c.guard.inPlace(); err != nil {
		return nil, err
	}
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.guard.inPlace(); err != nil {
		return nil, err // and conn is never closed: that would write the log into the new file
	}
	return conn, nil
}
