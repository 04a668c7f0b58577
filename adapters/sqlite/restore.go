package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
)

// ErrUnreadable: what is at the place of the database can't be read, so nobody
// can say what would be lost.
var ErrUnreadable = errors.New("the file that is there can't be read: move it and its -wal away, then restore again")

// Loss is what a database has that a backup has not.
type Loss struct {
	Events   int64
	Accesses int64 // entries of the access log
}

// NewerError says that a restore would lose what is there.
type NewerError struct {
	Loss
	After int64 // the last position that both logs share
}

// Error says how much would be lost.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the log that is there has %d events behind position %d, and %d accesses, that the backup does not have: restoring would lose them",
		e.Events, e.After, e.Accesses)
}

// Restored is what a restore did.
type Restored struct {
	sqlstore.Contents
	Kept string            // where what was there is now; empty if there was nothing
	Lost Loss              // that only that one has
	Was  sqlstore.Contents // of that one
	// Revoked is how many tokens are valid in the backup, were revoked since, and
	// stay so.
	Revoked int64
}

// Restore puts the database of a backup at a path. What is there is kept under
// another name; of a database that is missing, also what is left beside it, which
// would corrupt the new one. lose is how much the caller
// knows to be lost: with other numbers it returns *NewerError and changes
// nothing. A token that was revoked there stays revoked. ready is called with what the database holds that will be replaced,
// before anything is; its error ends the restore. Restore returns ErrInUse while
// another process has the database open, ErrUnreadable, and of the backup the
// errors of Backup.
func Restore(ctx context.Context, backup, path string, lose Loss, ready func(was sqlstore.Contents) error) (r Restored, err error) {
	if path, err = resolve(path); err != nil {
		return r, err
	}
	if r.Contents, err = Inspect(ctx, backup); err != nil {
		return r, fmt.Errorf("check the backup: %w", err)
	}
	draft, err := wholefile.Draft(path)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, removeAll(draft)) }()
	if err := vacuumInto(ctx, backup, draft); err != nil {
		return r, err
	}
	if _, err := Inspect(ctx, draft); err != nil {
		return r, fmt.Errorf("check the copy: %w", err)
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		r.Kept, err = place(draft, path)
		return r, err
	} else if err == nil && info.Size() > 0 {
		return r, replace(ctx, draft, path, lose, ready, &r)
	}
	return r, errors.Join(wholefile.Sync(draft), os.Rename(draft, path), wholefile.Sync(filepath.Dir(path)))
}

// place puts a draft where no database is. What is left beside it of another is
// kept.
func place(draft, path string) (kept string, err error) {
	if used, err := inUse(path); used || err != nil {
		return "", cmp.Or(err, ErrInUse)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		kept = keptName(path) + "-wal"
		if err := os.Rename(path+"-wal", kept); err != nil {
			return "", err
		}
	}
	return kept, errors.Join(removeSides(path), wholefile.Publish(draft, path))
}

// keptName is the name under which a database is kept that another replaces.
func keptName(path string) string {
	return path + ".before-restore-" + time.Now().UTC().Format("20060102T150405.000")
}

// replace puts a draft at the place of a database that nobody else has open.
func replace(ctx context.Context, draft, path string, lose Loss, ready func(was sqlstore.Contents) error, r *Restored) (err error) {
	held, err := seize(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	if r.Was, r.Lost, err = compare(ctx, draft, held); err != nil {
		return err
	}
	if r.Lost != lose {
		return &NewerError{Loss: r.Lost, After: r.Was.Head - r.Lost.Events}
	}
	if r.Revoked, err = revokeAgain(ctx, draft, held); err != nil {
		return err
	}
	if err := ready(r.Was); err != nil {
		return err
	}
	if err := ownAs(draft, path); err != nil {
		return err
	}
	r.Kept = keptName(path)
	return swap(draft, path, r.Kept)
}

// swap puts a draft in the place of a file, which gets a second name before. At no
// time is there no file: a server that starts meanwhile would make a new one.
func swap(draft, path, kept string) error {
	if err := wholefile.Sync(draft); err != nil {
		return err
	}
	if err := os.Link(path, kept); err != nil {
		return fmt.Errorf("keep the database that is there: %w", err)
	}
	// What is beside it is of the old one; it was emptied when it was seized.
	if err := errors.Join(removeSides(path), os.Rename(draft, path)); err != nil {
		return errors.Join(err, os.Remove(kept))
	}
	return wholefile.Sync(filepath.Dir(path))
}

// seize opens a database so that nobody else has it open, nor can open it. A
// change of the journal needs that, and leaves nothing beside the file.
func seize(ctx context.Context, path string) (*sql.DB, error) {
	file, err := findFile(path)
	if err != nil {
		return nil, err
	}
	db, err := openFile(file, 1, url.Values{"mode": {"rw"}, "_pragma": {"busy_timeout(0)", "locking_mode(EXCLUSIVE)"}})
	if err != nil {
		return nil, err
	}
	var mode string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode)
	if err == nil {
		_, err = db.ExecContext(ctx, `BEGIN EXCLUSIVE; COMMIT`) // the lock stays with the connection
	}
	switch {
	case err == nil && mode == "delete":
		return db, nil
	case err == nil || classify(err) == sqlstore.Unavailable:
		return nil, errors.Join(ErrInUse, db.Close())
	default:
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUnreadable, err), db.Close())
	}
}

// compare returns what the database that is there holds, and what of it a draft has
// not.
func compare(ctx context.Context, draft string, held *sql.DB) (was sqlstore.Contents, lost Loss, err error) {
	c := sqlstore.Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	c.Pools, c.Dialect = sqlstore.Pools{Log: held, Models: held, Reads: held}, dialect()
	there := sqlstore.New(c)
	if was, err = there.Contents(ctx); err != nil && !errors.Is(err, sqlstore.ErrNotWhole) {
		return was, lost, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	copied, err := OpenReadOnly(ctx, draft, c)
	if err != nil {
		return was, lost, err
	}
	shared, err := sqlstore.Common(ctx, there, copied)
	holds, err2 := copied.Contents(ctx)
	lost = Loss{Events: was.Head - shared, Accesses: max(0, was.Accesses-holds.Accesses)}
	return was, lost, errors.Join(err, err2, copied.Close())
}

// revokeAgain revokes the tokens of a draft that were revoked in the database that
// is there, and returns how many.
func revokeAgain(ctx context.Context, draft string, held *sql.DB) (revoked int64, err error) {
	var ids, times []any
	rows, err := held.QueryContext(ctx, `SELECT id, revoked_at FROM tokens WHERE revoked_at > 0`)
	if err != nil {
		return 0, fmt.Errorf("read the tokens that were revoked: %w", err)
	}
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		ids, times = append(ids, id), append(times, at)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	file, err := findFile(draft)
	if err != nil {
		return 0, err
	}
	db, err := openFile(file, 1, url.Values{"mode": {"rw"}})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for i := range ids {
		result, err := db.ExecContext(ctx, `UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at = 0`, times[i], ids[i])
		if err != nil {
			return revoked, fmt.Errorf("revoke a token again: %w", err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return revoked, err
		}
		revoked += n
	}
	return revoked, nil
}
