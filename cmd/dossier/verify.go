package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/audit"
	"dossier/application/evidence"
	"dossier/application/sessionref"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
)

// verifyCommand checks the whole store, or one file of evidence.
type verifyCommand struct {
	config.DatabaseFlags
	config.RuleFlags
	File       string   `arg:"" optional:"" help:"File of evidence, or folder with an export of the log, to verify it without a database. Without a file the whole store is checked."`
	Key        string   `placeholder:"VKEY" help:"Verifier key of the transparency log, as you keep it, or @FILE that holds it, with the former keys on further lines. For a store the default is the one that is stored in it."`
	Checkpoint []string `placeholder:"FILE" sep:"none" help:"Signed checkpoint that you kept: the store must still begin with it. May be given several times."`
	Evidence   []string `placeholder:"FILE" sep:"none" help:"Evidence of a session that was exported earlier: the log must still have its events. May be given several times."`
	Log        string   `placeholder:"URL" help:"Check the log that a server serves at this URL, such as https://example.com/log, against the checkpoints and the evidence that you kept. It needs no database and no token, but the key."`
	Unstated   bool     `name:"without-statement" help:"Succeed for evidence of a session that the log's key has not stated, if nothing is found. It then proves what it lists, and neither the state, nor the rules, nor that the events are all."`
	JSON       bool     `help:"Print each finding, and a summary at the end, as a line of JSON."`
}

// errHalfChecked is not the error of an ended context, with which a command has
// succeeded: half a check says nothing.
var errHalfChecked = errors.New("interrupted before everything was checked")

// Run verifies.
func (cmd *verifyCommand) Run(ctx context.Context, c console) (err error) {
	if cmd.Key, err = readVerifier(cmd.Key); err != nil {
		return err
	}
	if cmd.File != "" && len(cmd.Evidence) > 0 {
		return errEvidenceAndFile
	}
	switch {
	case cmd.Log != "":
		err = cmd.verifyLog(ctx, c)
	case cmd.File != "":
		err = cmd.verifyFile(ctx, c)
	default:
		err = cmd.verifyStore(ctx, c)
	}
	if ctx.Err() != nil && !errors.Is(err, errFindings) {
		return errHalfChecked
	}
	return err
}

// verifyStore checks a store and prints what it finds.
func (cmd *verifyCommand) verifyStore(ctx context.Context, c console) error {
	cfg, _, err := c.configure(cmd)
	if err != nil {
		return err
	}
	kept, err := readKept(cmd.Checkpoint)
	if err != nil {
		return err
	}
	exported, err := readExported(cmd.Evidence)
	if err != nil {
		return err
	}
	store, err := openForReading(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer store.Close()
	v := &audit.Verifier{Store: sqlstore.NewAudit(store), Rules: cfg.Rules, Kept: kept, Key: cmd.Key, Now: time.Now}
	return cmd.check(ctx, c, store, v, exported)
}

func (cmd *verifyCommand) check(ctx context.Context, c console, store *sqlstore.Store, v *audit.Verifier, exported []exported) error {
	refs, err := findRefKey(ctx, store)
	if err != nil {
		return err
	}
	if v.Key == "" {
		if v.Key, err = store.FindSetting(ctx, translog.VerifierSetting); err != nil {
			return err
		}
	}
	if len(exported) > 0 && v.Key == "" {
		return errNeedsKey
	}
	report := newAuditReport(c, cmd.JSON, refs)
	v.Report, v.Progress = report.finding, report.progress
	summary, err := v.Run(ctx)
	report.stage("")
	if err != nil {
		return err
	}
	if err := report.summary(summary, cmd.trust(v.Key)); err != nil {
		return err
	}
	sealed, err := store.Sealed(ctx)
	if err != nil {
		return err
	}
	log := evidence.Present{Tree: translog.NewTree(store), Size: sealed, Stream: store.ReadStream}
	if err = cmd.compareExported(ctx, c, exported, log, v.Key); err == nil && summary.Total() > 0 {
		err = errFindings
	}
	return err
}

// trust says what the signatures of the checkpoints were checked with.
func (cmd *verifyCommand) trust(key string) string {
	switch {
	case key == "":
		return "not checked: the store has no key, and none was given"
	case cmd.Key == "":
		return "checked with the key that is stored in the database; --key takes the one that you kept"
	default:
		return "checked with the key that was given"
	}
}

// readKept reads checkpoints that were kept elsewhere.
func readKept(paths []string) ([]audit.Kept, error) {
	kept := make([]audit.Kept, 0, len(paths))
	for _, path := range paths {
		note, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read a checkpoint: %w", err)
		}
		kept = append(kept, audit.Kept{Name: "the checkpoint in " + path, Note: translog.Kept(note)})
	}
	return kept, nil
}

// findRefKey returns the key of session references, with which findings name
// sessions as the logs do. If there is none it makes one that is kept nowhere.
func findRefKey(ctx context.Context, store *sqlstore.Store) (key sessionref.Key, err error) {
	text, err := store.FindSetting(ctx, settingSessionRefKey)
	if err != nil {
		return key, err
	}
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == len(key) {
		copy(key[:], raw)
		return key, nil
	}
	rand.Read(key[:])
	return key, nil
}
