package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
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

// Run replaces the key. The new one has a file of its own, which servers find
// beside that of the former: no file is moved, and what is interrupted leaves a file
// that nobody uses, at most.
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
	current := keyName(translog.CurrentVerifier(verifiers))
	switch {
	case verifiers == "":
		return errors.New("the log has no key yet: `dossier serve` makes it")
	case cmd.Former != current:
		return fmt.Errorf("the log's key is %s, its newest checkpoint covers %d of %d events. With a new key those up to there stay valid, "+
			"and none after them; who verifies needs the new key from you. To go on, add --former=%s", current, held.Signed.Size, held.Head, current)
	}
	key, path, err := newLogKeyBeside(logKeyPath(cfg))
	if err != nil {
		return err
	}
	if verifiers, err = replaceKey(ctx, store, key, path, current); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.out, "The log is signed by the new key in %s from now on.\n"+
		"Restart every server at once, with that file where it signs: until then it signs nothing, and its /log/vkey serves the former key.\n"+
		"Give those who verify these lines, in place of the key that they have:\n%s\n", path, verifiers)
	return err
}

// keyName returns the name of a verifier key.
func keyName(verifier string) string {
	name, _, _ := strings.Cut(verifier, "+")
	return name
}

// replaceKey makes a key the log's, and returns the verifier keys. The newest
// checkpoint is signed anew, so that it is good for those who know the new key only.
func replaceKey(ctx context.Context, store *sqlstore.Store, next *translog.Key, path, former string) (replaced string, err error) {
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
		return replaced, newest, keptNote(path + memorySuffix).Remember(newest.Note)
	})
	return replaced, err
}
