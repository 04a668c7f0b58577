package pgmove

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlstore"
)

var (
	// ErrExists: there is a file already where one would be written.
	ErrExists = errors.New("there is a file of this name already")
	// ErrNotEmpty: the database that a backup is restored into has something in
	// it.
	ErrNotEmpty = errors.New("the database is not empty: make a new one, restore there, and let DOSSIER_DATABASE_URL name it")
)

// Backup dumps a database, which may be written to meanwhile, into a new file
// that only its owner can read, reads the file once through, and returns what the
// log held when it began. The file has its name only when it is whole and on the
// disk. It returns ErrExists, ErrNoPrograms, sqlstore.ErrNotWhole or
// sqlstore.ErrNotMigrated.
func Backup(ctx context.Context, databaseURL, target string) (c sqlstore.Contents, err error) {
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("%s: %w", target, ErrExists)
	}
	argument, variables, err := connection(databaseURL)
	if err != nil {
		return c, err
	}
	if c, err = contents(ctx, databaseURL); err != nil {
		return c, err
	}
	draft, err := newDraft(target)
	if err != nil {
		return c, err
	}
	defer os.Remove(draft)
	err = run(ctx, variables, "pg_dump", "--format=custom", "--no-password", "--file="+draft, "--dbname="+argument)
	if err != nil {
		return c, err
	}
	// Which reads and unpacks all of it.
	if err := run(ctx, nil, "pg_restore", "--file="+os.DevNull, draft); err != nil {
		return c, fmt.Errorf("check the copy: %w", err)
	}
	return c, publish(draft, target)
}

// contents reads what a log holds.
func contents(ctx context.Context, databaseURL string) (c sqlstore.Contents, err error) {
	s, err := postgres.OpenReadOnly(ctx, databaseURL, sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Contents(ctx)
}

// newDraft makes an empty file beside another, for its owner only.
func newDraft(beside string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(beside), filepath.Base(beside)+".partial-*") // with mode 0600
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// publish gives a finished file its name, unless somebody took it meanwhile.
func publish(draft, target string) error {
	for _, path := range []string{draft, filepath.Dir(target)} {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			return err
		}
		if path != draft {
			return nil
		}
		if err := os.Link(draft, target); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", target, ErrExists)
		} else if err != nil {
			return fmt.Errorf("name the file: %w", err)
		}
	}
	return nil
}

// Restore fills an empty database from a file that Backup wrote, in one
// transaction, and returns what the log holds. Owners and grants are not
// restored: all belongs to the role that restores. It returns ErrNotEmpty,
// ErrNoPrograms, sqlstore.ErrNotWhole, or sqlstore.ErrNotMigrated if the log is in
// another schema than the URL says.
func Restore(ctx context.Context, file, databaseURL string) (c sqlstore.Contents, err error) {
	argument, variables, err := connection(databaseURL)
	if err != nil {
		return c, err
	}
	if _, err := os.Stat(file); err != nil {
		return c, err
	}
	place, err := postgres.Locate(ctx, databaseURL)
	if err != nil {
		return c, err
	}
	if place.Relations > 0 {
		return c, fmt.Errorf("%s: %w", place, ErrNotEmpty)
	}
	err = run(ctx, variables, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password",
		"--dbname="+argument, file)
	if err != nil {
		return c, err
	}
	return contents(ctx, databaseURL)
}
