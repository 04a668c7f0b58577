package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/accesslog"
	"dossier/application/evidence"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// exportCommand writes evidence: of one session, or a range of the log.
type exportCommand struct {
	config.DatabaseFlags
	config.RuleFlags
	config.SealFlags
	App         string  `default:"default" placeholder:"APP" help:"The app of the session."`
	Session     *string `placeholder:"ID" help:"Export this session. A session id is a credential and other users can see a command line: prefer --session-file."`
	SessionFile string  `placeholder:"PATH" help:"Read the session id from a file; - reads it from the input."`
	From        *int64  `placeholder:"POSITION" help:"Without a session: export the log from this position on. Default: 1."`
	To          *int64  `placeholder:"POSITION" help:"Without a session: export the log up to this position, inclusive. Default: as far as it is signed."`
	Output      string  `short:"o" required:"" placeholder:"PATH" help:"File of the evidence of a session, - for the output; or folder of the log, where an export that was interrupted goes on."`
	Force       bool    `help:"Replace what is there."`
}

// The actions of exports in the access log.
const (
	actionSession = "export-evidence" // as the API's
	actionLog     = "export-log"
)

var errExportInterrupted = errors.New("interrupted: nothing was completed; an export of the log goes on when it is run again")

// Run exports. The export is recorded in the access log before anything is
// written.
func (cmd *exportCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	if err := cmd.check(); err != nil {
		return err
	}
	err = cmd.export(ctx, c, cfg, logger)
	if err != nil && ctx.Err() != nil {
		return errExportInterrupted
	}
	return err
}

func (cmd *exportCommand) export(ctx context.Context, c console, cfg config.Config, logger *slog.Logger) error {
	store, err := openForReading(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer store.Close()
	if !cmd.ofSession() { // which needs no statement: positions have no holes
		return cmd.exportLog(ctx, c, cfg, newExporter(store, nil, cfg.Rules, kyc.NewMachine()))
	}
	key, err := statementKey(ctx, store, cfg, logger)
	if err != nil {
		return err
	}
	return cmd.exportSession(ctx, c, cfg, newExporter(store, key, cfg.Rules, kyc.NewMachine()))
}

// ofSession says that a session is asked for. One whose id is empty is a
// mistake, and not the whole log.
func (cmd *exportCommand) ofSession() bool { return cmd.Session != nil || cmd.SessionFile != "" }

// check refuses flags that exclude each other.
func (cmd *exportCommand) check() error {
	switch {
	case cmd.Session != nil && cmd.SessionFile != "":
		return errors.New("--session or --session-file is expected, not both")
	case cmd.ofSession() && (cmd.From != nil || cmd.To != nil):
		return errors.New("--from and --to are for the whole log, not for a session")
	case !cmd.ofSession() && cmd.From == nil && cmd.To == nil:
		return errors.New("what to export? --session-file PATH for a session, --from 1 for the whole log")
	case !cmd.ofSession() && cmd.Output == "-":
		return errors.New("an export of the log is a folder: -o DIR is expected")
	}
	_, err := kyc.ParseApp(cmd.App)
	return err
}

// evidence returns what makes evidence for the API.
func (s *service) evidence(rules kyc.RuleBook, machine *kyc.Machine) evidence.Exporter {
	return newExporter(s.store, s.logKey.key, rules, machine)
}

// newExporter returns what makes evidence. Without a key it makes no statements.
func newExporter(store *sqlstore.Store, key *translog.Key, rules kyc.RuleBook, machine *kyc.Machine) evidence.Exporter {
	return evidence.Exporter{
		Log: store, Sealed: store, Key: key, Rules: rules, Machine: machine, Program: "dossier " + version, Now: time.Now,
	}
}

// statementKey reads the log's key; nil if this machine has it not.
func statementKey(ctx context.Context, store *sqlstore.Store, cfg config.Config, logger *slog.Logger) (*translog.Key, error) {
	verifier, err := store.FindSetting(ctx, translog.VerifierSetting)
	if err != nil {
		return nil, err
	}
	path := logKeyOf(cfg, verifier)
	key, err := readLogKey(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		logger.Warn("the evidence of a session will have no statement, and be incomplete: the file of the log's key is missing", "file", path)
		return nil, nil
	case err != nil:
		return nil, err
	case translog.CurrentVerifier(verifier) != key.Verifier():
		logger.Warn("the evidence of a session will have no statement, and be incomplete: the file holds another key than the log's", "file", path)
		return nil, nil
	}
	return key, nil
}

// record enters an export into the access log. What it exports is read by
// connections that can't write.
func record(ctx context.Context, cfg config.Config, did accesslog.Entry) error {
	name, err := userName()
	if err != nil {
		return fmt.Errorf("record the export: %w", err)
	}
	store, err := openExisting(ctx, cfg.Database, sqlstore.Config{
		Logger: slog.New(slog.DiscardHandler), Meter: metrics.New(version), Now: time.Now,
	})
	if err != nil {
		return fmt.Errorf("record the export: %w", err)
	}
	did.At, did.Actor, did.Via = time.Now(), name, accesslog.CLI
	return errors.Join(store.Record(ctx, did), store.Close())
}

// userName is that of the operating system's user. One without a name, as in a
// container, has a number.
func userName() (string, error) {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username, nil
	}
	if id := os.Getuid(); id >= 0 {
		return fmt.Sprintf("uid %d", id), nil
	}
	return "", errors.New("the user has no name")
}
