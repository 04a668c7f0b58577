package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/adapters/wholefile"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
)

// logKeyCommand looks after the key of the transparency log.
type logKeyCommand struct {
	Replace replaceLogKeyCommand `cmd:"" help:"Sign the log with a new key from now on: when the key is lost, or known to others, or must not go on because the log was cut back."`
}

type replaceLogKeyCommand struct {
	config.DatabaseFlags
	config.SealFlags
	Former string `placeholder:"NAME" help:"Name of the key to replace, such as dossier-67c43bc9. Without it the command says what would come of it, and changes nothing."`
}

// nextSuffix ends the name of the file of a key that is not the log's yet.
const nextSuffix = ".next"

// Run replaces the key. When it is interrupted, it can be run again.
func (cmd *replaceLogKeyCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	store, err := openExisting(ctx, cfg.Database, sqlstore.Config{Logger: logger, Meter: metrics.New(version), Now: time.Now})
	if err != nil {
		return explained(ctx, cfg.Database, err)
	}
	defer store.Close()
	held, err := store.Contents(ctx)
	if err != nil {
		return fmt.Errorf("a new key would cover up what is wrong: run `dossier verify` first: %w", err)
	}
	verifiers, err := store.FindSetting(ctx, translog.VerifierSetting)
	if err != nil {
		return err
	}
	path, current := logKeyPath(cfg), keyName(translog.CurrentVerifier(verifiers))
	next, err := nextKey(path, cmd.Former != "" && cmd.Former == current)
	switch {
	case verifiers == "":
		return errors.New("the log has no key yet: `dossier serve` makes it")
	case err != nil:
		return err
	case next != nil && next.Verifier() == translog.CurrentVerifier(verifiers): // interrupted before its file had its name
		return moveKeyIn(c.out, path, verifiers)
	case cmd.Former != current:
		return fmt.Errorf("the log's key is %s, its newest checkpoint covers %d of %d events. With a new key those up to there stay valid, "+
			"and none after them; who verifies needs the new key from you. To go on, add --former=%s", current, held.Signed.Size, held.Head, current)
	}
	if verifiers, err = replaceKey(ctx, store, path, next, current); err != nil {
		return err
	}
	return moveKeyIn(c.out, path, verifiers)
}

// keyName returns the name of a verifier key.
func keyName(verifier string) string {
	name, _, _ := strings.Cut(verifier, "+")
	return name
}

// nextKey reads the key that shall be the log's, and makes it if it may; nil if
// there is none.
func nextKey(path string, create bool) (*translog.Key, error) {
	key, err := readLogKey(path + nextSuffix)
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return key, err
	case !create:
		return nil, nil
	}
	return newLogKey(path + nextSuffix)
}

// replaceKey makes a key the log's, and returns the verifier keys. The newest
// checkpoint is signed anew, so that it is good for those who know the new key only.
func replaceKey(ctx context.Context, store *sqlstore.Store, path string, next *translog.Key, former string) (replaced string, err error) {
	err = store.ReplaceVerifier(ctx, func(verifiers string, newest translog.Signed) (string, translog.Signed, error) {
		if keyName(translog.CurrentVerifier(verifiers)) != former {
			return "", newest, errors.New("another process replaced the key meanwhile")
		}
		replaced = translog.ReplaceVerifier(verifiers, next.Verifier(), newest.Size)
		if newest.Size == 0 {
			return replaced, newest, nil
		}
		signed, err := translog.Unverified(newest.Note)
		if err != nil {
			return "", newest, err
		}
		signed.Origin = next.Origin()
		if newest.Note, err = next.Sign(signed.Text()); err != nil {
			return "", newest, err
		}
		newest.At = time.Now()
		return replaced, newest, keptNote(path + nextSuffix + memorySuffix).Remember(newest.Note)
	})
	return replaced, err
}

// moveKeyIn gives the new key its name, and tells of it. The former one, if it is
// here, is kept under another.
func moveKeyIn(w io.Writer, path, verifiers string) error {
	_, former, _ := strings.Cut(verifiers, "\n")
	kept := path + "." + notInName.ReplaceAllString(keyName(former), "_")
	for _, move := range [][2]string{
		{path, kept}, {path + memorySuffix, kept + memorySuffix},
		{path + nextSuffix + memorySuffix, path + memorySuffix}, {path + nextSuffix, path}, // the key last: with it all is done
	} {
		if _, err := os.Lstat(kept + memorySuffix); err == nil && move[1] == kept+memorySuffix {
			continue // by a run that was interrupted: what is there now is the memory of the new key
		}
		if err := os.Rename(move[0], move[1]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := wholefile.Sync(filepath.Dir(path)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "The log is signed by the new key in %s from now on.\n"+
		"Start every server anew, with that file where it signs. Give those who verify these lines, in place of the key that they have:\n%s\n", path, verifiers)
	return err
}
