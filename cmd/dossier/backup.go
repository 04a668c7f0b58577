package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dossier/adapters/postgres/pgmove"
	"dossier/adapters/sqlite"
	"dossier/adapters/sqlstore"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
)

// backupCommand copies the database.
type backupCommand struct {
	config.DatabaseFlags
	config.SealFlags
	File string `arg:"" help:"New file, readable by its owner only. It gets its name when the copy is whole and checked."`
}

// Run backs up, and says what the copy holds.
func (cmd *backupCommand) Run(ctx context.Context, c console) error {
	cfg, _, err := c.configure(cmd)
	if err != nil {
		return err
	}
	if info, err := os.Stat(filepath.Dir(cmd.File)); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s to write the backup into", filepath.Dir(cmd.File))
	}
	var held sqlstore.Contents
	if cfg.Database.Kind == config.Postgres {
		held, err = pgmove.Backup(ctx, cfg.Database.PostgresURL.Reveal(), cmd.File)
	} else {
		held, err = sqlite.Backup(ctx, cfg.Database.SQLitePath, cmd.File)
	}
	if err != nil {
		return explained(ctx, cfg.Database, err)
	}
	key := logKeyPath(cfg)
	if signed, err := translog.Unverified(held.Signed.Note); err == nil {
		key = fileOfKey(key, signed.Origin)
	}
	_, err = fmt.Fprintf(c.out, "backed up to %s: %s\nNot in it: the key of the transparency log. Keep %s and %s apart from it.\n",
		cmd.File, described(held), key, key+memorySuffix)
	return err
}

// described says what a log holds.
func described(c sqlstore.Contents) string {
	text := fmt.Sprintf("%d events, %d of them signed, %d accesses", c.Head, c.Signed.Size, c.Accesses)
	if !c.At.IsZero() {
		text += "; the last event is of " + c.At.UTC().Format(time.RFC3339)
	}
	return text
}

// restoreCommand puts a backup in the place of the database.
type restoreCommand struct {
	config.DatabaseFlags
	config.SealFlags
	File string `arg:"" help:"A file that backup wrote."`
	Lose int64  `default:"0" placeholder:"EVENTS" help:"How many events of the log that is there you accept to lose; a restore that would lose any says how many."`

	LoseAccesses int64 `default:"0" placeholder:"ACCESSES" help:"The same for entries of the access log."`
}

// Run restores, and says what became of the log and its key.
func (cmd *restoreCommand) Run(ctx context.Context, c console) error {
	cfg, _, err := c.configure(cmd)
	if err != nil {
		return err
	}
	if cfg.Database.Kind == config.Postgres {
		held, err := pgmove.Restore(ctx, cmd.File, cfg.Database.PostgresURL.Reveal())
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "restored from %s: %s\nGrants are not restored: give the server's role what it needs.\n"+
			"Tokens that were revoked since the backup are valid again: look at dossier token list, and revoke them.\n", cmd.File, described(held))
		return tellKey(ctx, c.out, cfg)
	}
	// Remembered before the database is replaced: a key that forgets could sign
	// another history.
	remember := func(was sqlstore.Contents) error { return rememberSigned(logKeyPath(cfg), was.Signed) }
	done, err := sqlite.Restore(ctx, cmd.File, cfg.Database.SQLitePath, sqlite.Loss{Events: cmd.Lose, Accesses: cmd.LoseAccesses}, remember)
	newer, ok := errors.AsType[*sqlite.NewerError](err)
	if ok && newer.Loss == (sqlite.Loss{}) {
		return errors.New("the backup has all that is there: leave out --lose and --lose-accesses")
	}
	if ok {
		return fmt.Errorf("%w; to accept that, add%s. Nothing is lost yet", err, flagsFor(newer.Loss))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "restored from %s: %s\n", cmd.File, described(done.Contents))
	switch {
	case done.Kept != "" && done.Was.Head > 0:
		fmt.Fprintf(c.out, "The database that was there, with %d events, is kept as %s.\n", done.Was.Head, done.Kept)
	case done.Kept != "":
		fmt.Fprintf(c.out, "What was there is kept as %s.\n", done.Kept)
	}
	if done.Revoked > 0 {
		fmt.Fprintf(c.out, "%d tokens that the backup has were revoked since, and stay so.\n", done.Revoked)
	}
	return tellKey(ctx, c.out, cfg)
}

// flagsFor are the flags that accept a loss.
func flagsFor(l sqlite.Loss) (flags string) {
	if l.Events > 0 {
		flags += fmt.Sprintf(" --lose=%d", l.Events)
	}
	if l.Accesses > 0 {
		flags += fmt.Sprintf(" --lose-accesses=%d", l.Accesses)
	}
	return flags
}

// rememberSigned lets a key's memory know what it signed in a database that is
// replaced, should the memory itself be from a backup. The key may be missing, and
// come back later; of the key of another log it is no memory.
func rememberSigned(path string, signed translog.Signed) error {
	if signed.Note == nil {
		return nil
	}
	now, err := translog.Unverified(signed.Note)
	if err != nil {
		return fmt.Errorf("the newest checkpoint of the database that is there: %w", err)
	}
	path = fileOfKey(path, now.Origin)
	key, err := readLogKey(path)
	if err == nil && key.Origin() != now.Origin {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	memory := keptNote(path + memorySuffix)
	last, err := memory.Last()
	if err != nil {
		return err
	}
	if last != nil {
		before, err := translog.Unverified(last)
		if err != nil {
			return fmt.Errorf("what the key signed last, in %s: %w", path+memorySuffix, err)
		}
		if before.Size >= signed.Size {
			return nil
		}
	}
	return memory.Remember(signed.Note)
}

// tellKey says whether the key of the log can go on signing what was restored.
func tellKey(ctx context.Context, w io.Writer, cfg config.Config) error {
	store, err := openForReading(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer store.Close()
	verifier, err := store.FindSetting(ctx, translog.VerifierSetting)
	if err != nil || verifier == "" {
		return err
	}
	path := logKeyOf(cfg, verifier)
	if err := tellOtherKeys(w, logKeyPath(cfg), path); err != nil {
		return err
	}
	key, err := readLogKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		_, err := fmt.Fprintf(w, "The key of the log is not here: copy it and its %s file to %s, or nothing is signed.\n", memorySuffix, path)
		return err
	case err != nil:
		return err
	case key.Verifier() != translog.CurrentVerifier(verifier):
		_, err := fmt.Fprintf(w, "The key in %s is another one than the log's, %s: copy the log's and its %s file to %s, or nothing is signed.\n",
			path, key.Origin(), memorySuffix, named(path, keyName(verifier)))
		return err
	}
	last, err := keptNote(path + memorySuffix).Last()
	if err != nil {
		return err
	}
	if len(bytes.TrimSpace(last)) == 0 {
		_, err = fmt.Fprintln(w, "The key of the log goes on signing.")
		return err
	}
	signed, err := translog.Unverified(last)
	if err != nil {
		return fmt.Errorf("what the key signed last: %w", err)
	}
	begins, err := beginsWith(ctx, store, signed)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, begins, signed.Size)
	return err
}

// tellOtherKeys warns of the keys that stand beside the one of the restored log:
// one of them may have replaced it since the backup.
func tellOtherKeys(w io.Writer, path, own string) error {
	files, err := filepath.Glob(globbed(path) + "*")
	if err != nil {
		return err
	}
	for _, file := range files {
		key, err := readLogKey(file)
		if file == own || err != nil {
			continue
		}
		_, err = fmt.Fprintf(w, "In %s is another key, %s. If it replaced the key of this log since the backup, replace the key once more: dossier log-key replace\n",
			file, key.Origin())
		if err != nil {
			return err
		}
	}
	return nil
}

// globbed quotes what has a meaning in a pattern.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// What a restore says about the key, with how many events it has signed.
const (
	keyGoesOn  = "The key of the log has signed %d events, which are these: it goes on signing.\n"
	keyIsAhead = "The key of the log has signed %d events, which are not in the stored tree yet: the server compares them before it signs.\n"
	keyForks   = "The key of the log has signed %d events, and this log does not begin with them: it will not sign another history.\n" +
		"The way out is in docs/backup.md: accept the loss, tell those who keep checkpoints, and replace the key.\n"
)

// beginsWith says whether a log begins with what a key signed last.
func beginsWith(ctx context.Context, store *sqlstore.Store, signed translog.Checkpoint) (said string, err error) {
	head, err := store.Head(ctx)
	if err != nil {
		return "", err
	}
	sealed, err := store.Sealed(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case signed.Size > head:
		return keyForks, nil
	case signed.Size > sealed:
		return keyIsAhead, nil
	}
	root, err := translog.NewTree(store).Root(ctx, signed.Size)
	if err == nil && root != signed.Root {
		return keyForks, nil
	}
	return keyGoesOn, err
}
