package main

import (
	"context"
	"errors"
	"io"

	"dossier/cmd/dossier/internal/config"
)

// replayCommand folds history again, from the log alone. It reads and never
// writes, also beside a running server.
type replayCommand struct {
	config.DatabaseFlags
	config.RuleFlags
	App         string  `placeholder:"APP" help:"The app. Of a session it is default if not given; without a session it is all."`
	Session     *string `placeholder:"ID" help:"Tell this session's story. A session id is a credential and other users can see a command line: prefer --session-file."`
	SessionFile string  `placeholder:"PATH" help:"Read the session id from a file; - reads it from the input."`
	At          string  `placeholder:"TIME" help:"Tell the story up to this time, inclusive: RFC 3339, such as 2026-01-31T12:00:00Z."`
	Version     *int64  `placeholder:"N" help:"Tell the story up to this version of the session, inclusive. Not together with --at."`
	Payload     bool    `help:"Show the raw bodies of the webhooks, too. They may hold personal data."`
	From        *int64  `placeholder:"POSITION" help:"Without a session: count events from this position on. Default: 1. Sessions are folded from their own beginning all the same."`
	To          *int64  `placeholder:"POSITION" help:"Without a session: fold up to this position, inclusive. Default: the head of the log."`
	JSON        bool    `help:"Print one JSON document."`
}

// Run replays. Nothing is printed unless all of it could be read.
func (cmd *replayCommand) Run(ctx context.Context, c console) error {
	print, err := cmd.read(ctx, c)
	switch {
	case err == nil:
		return print(c.out)
	case ctx.Err() != nil:
		return errInterrupted
	default:
		return err
	}
}

// errInterrupted is no success, as the end of a server is.
var errInterrupted = errors.New("interrupted: nothing was printed")

// printer prints a result.
type printer func(io.Writer) error

func (cmd *replayCommand) read(ctx context.Context, c console) (printer, error) {
	cfg, _, err := c.configure(cmd)
	if err != nil {
		return nil, err
	}
	if err := cmd.check(); err != nil {
		return nil, err
	}
	store, err := openForReading(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	if cmd.ofSession() {
		return cmd.story(ctx, c, store, cfg.Rules)
	}
	return cmd.log(ctx, c, store, cfg.Rules)
}
