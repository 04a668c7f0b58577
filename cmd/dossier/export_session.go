package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"dossier/application/accesslog"
	"dossier/application/eventlog"
	"dossier/application/evidence"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// exportSession writes the evidence of a session, whole or not at all.
func (cmd *exportCommand) exportSession(ctx context.Context, c console, cfg config.Config, x evidence.Exporter) error {
	id, err := (&replayCommand{Session: cmd.Session, SessionFile: cmd.SessionFile}).session(c.in)
	if err != nil {
		return err
	}
	stream := eventlog.Stream{App: kyc.App(cmd.App), Session: id}
	out, err := cmd.output(c.out)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := record(ctx, cfg, accesslog.Entry{Action: actionSession, App: stream.App, Session: stream.Session}); err != nil {
		return err
	}
	bundle, err := x.Session(ctx, stream)
	if err != nil {
		return fmt.Errorf("export a session: %w", err)
	}
	if err := out.write(bundle.Encode()); err != nil {
		return err
	}
	if cmd.Output != "-" {
		_, err = fmt.Fprintf(c.out, "%d events and their proofs are in %s, covered by a checkpoint of the log\n"+
			"it holds the session id, which is a credential: keep it secret\n", len(bundle.Events), cmd.Output)
	}
	return err
}

// output returns where the evidence goes.
func (cmd *exportCommand) output(w io.Writer) (destination, error) {
	if cmd.Output == "-" {
		return stream{w}, nil
	}
	return newPart(cmd.Output, cmd.Force)
}

// destination takes a whole file, or nothing.
type destination interface {
	write(text []byte) error
	// discard removes what was not written.
	discard()
}

// stream is a destination that can't be taken back: it gets all at once.
type stream struct{ w io.Writer }

func (s stream) write(text []byte) error {
	_, err := s.w.Write(text)
	return err
}

func (stream) discard() {}

var errExists = errors.New("it exists: --force replaces it")
