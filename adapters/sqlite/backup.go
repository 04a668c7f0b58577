package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
)

var (
	// ErrDamaged: SQLite's own check of a file has found faults.
	ErrDamaged = errors.New("the file is damaged")
	// ErrInUse: another process has the database open.
	ErrInUse = errors.New("the database is in use: stop every server, relay and subscriber of it first")
)

// Backup copies a database that may be written to meanwhile into a new file,
// which only its owner can read, and checks the copy: SQLite's integrity check,
// and what [sqlstore.Store.Contents] looks at. It is one state of the database,
// of the time at which it began. The file has its name only when it is whole and
// on the disk. It returns wholefile.ErrExists, ErrDamaged, sqlstore.ErrNotWhole,
// sqlstore.ErrNotMigrated, sqlstore.ErrTooNew or fs.ErrNotExist.
func Backup(ctx context.Context, path, target string) (c sqlstore.Contents, err error) {
	if _, err := findFile(path); err != nil {
		return c, err
	}
	if err := wholefile.CheckFree(target); err != nil {
		return c, err
	}
	draft, err := wholefile.Draft(target)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, removeAll(draft)) }()
	if err := vacuumInto(ctx, path, draft); err != nil {
		return c, err
	}
	if c, err = Inspect(ctx, draft); err != nil {
		return c, fmt.Errorf("check the copy: %w", err)
	}
	return c, wholefile.Publish(draft, target)
}

// vacuumInto copies a database. It reads one snapshot, which no writer disturbs
// and which disturbs no writer: the backup API begins anew at each write of
// another process.
func vacuumInto(ctx context.Context, path, target string) error {
	file, err := findFile(path)
	if err != nil {
		return err
	}
	db, err := openFile(file, 1, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)"}})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, target)
	if err != nil {
		err = fmt.Errorf("copy the database: %w", err)
	}
	return errors.Join(err, db.Close())
}

// Inspect checks a database file that nobody writes to, and returns what its log
// holds. The errors are those of Backup.
func Inspect(ctx context.Context, path string) (c sqlstore.Contents, err error) {
	s, err := openCopy(ctx, path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Contents(ctx)
}

// openCopy opens a file as it is and checks its pages.
func openCopy(ctx context.Context, path string) (*sqlstore.Store, error) {
	s, err := OpenReadOnly(ctx, path, sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return nil, err
	}
	file, err := findFile(path)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	db, err := openReadOnly(file)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := errors.Join(checkPages(ctx, db), db.Close()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func checkPages(ctx context.Context, db *sql.DB) error {
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("check the pages: %w", err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, said)
	}
	return nil
}

// sides are the files that SQLite keeps beside a database.
func sides(path string) []string { return []string{path + "-wal", path + "-shm", path + "-journal"} }

// removeAll removes files that may not be there: a database with what is beside
// it.
func removeAll(path string) error { return errors.Join(removeSides(path), remove(path)) }

func removeSides(path string) error { return remove(sides(path)...) }

func remove(names ...string) (err error) {
	for _, name := range names {
		if gone := os.Remove(name); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
