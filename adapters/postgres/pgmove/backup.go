package pgmove

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"dossier/adapters/postgres"
	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
)

// ErrNotEmpty: the database that a backup is restored into has something in it.
var ErrNotEmpty = errors.New("the database is not empty: make a new one, restore there, and let DOSSIER_DATABASE_URL name it")

// Backup dumps the schema of a log, which may be written to meanwhile, into a new file
// that only its owner can read, reads the file once through, and returns what the
// log held when it began. The file has its name only when it is whole and on the
// disk. It returns wholefile.ErrExists, ErrNoPrograms, sqlstore.ErrNotWhole or
// sqlstore.ErrNotMigrated.
func Backup(ctx context.Context, databaseURL, target string) (c sqlstore.Contents, err error) {
	if err := wholefile.CheckFree(target); err != nil {
		return c, err
	}
	argument, variables, err := connection(databaseURL)
	if err != nil {
		return c, err
	}
	if c, err = contents(ctx, databaseURL); err != nil {
		return c, err
	}
	place, err := postgres.Locate(ctx, databaseURL)
	if err != nil {
		return c, err
	}
	draft, err := wholefile.Draft(target)
	if err != nil {
		return c, err
	}
	defer os.Remove(draft)
	err = run(ctx, variables, "pg_dump", "--format=custom", "--no-password", onlySchema(place.Schema), "--strict-names", "--file="+draft, "--dbname="+argument)
	if err != nil {
		return c, err
	}
	// Which reads and unpacks all of it.
	if err := run(ctx, nil, "pg_restore", "--file="+os.DevNull, draft); err != nil {
		return c, fmt.Errorf("check the copy: %w", err)
	}
	return c, wholefile.Publish(draft, target)
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

// Restore fills an empty database from a file that Backup wrote, in one
// transaction, and returns what the log holds. Its schema may be there. Owners and
// grants are not restored: all belongs to the role that restores. It returns
// ErrNotEmpty, ErrNoBackup, ErrOtherSchema, ErrNoPrograms or sqlstore.ErrNotWhole.
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
	folder, err := os.MkdirTemp("", "dossier-restore-")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(folder)
	list := filepath.Join(folder, "list")
	schema, err := listed(ctx, file, list)
	if err != nil {
		return c, err
	}
	there, err := checkSchema(ctx, databaseURL, schema)
	if err != nil {
		return c, err
	}
	if there {
		if err := withoutSchema(list); err != nil {
			return c, err
		}
	}
	err = run(ctx, variables, "pg_restore", "--use-list="+list, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password",
		"--dbname="+argument, file)
	if err != nil {
		return c, err
	}
	return contents(ctx, databaseURL)
}
