package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// reconcileCommand settles one session with the provider's API, also beside a
// running server.
type reconcileCommand struct {
	config.DatabaseFlags
	config.RuleFlags
	config.SynapsFlags
	App         string  `default:"default" placeholder:"APP" help:"The app of the session."`
	Session     *string `placeholder:"ID" help:"Ask for this session. A session id is a credential and other users can see a command line: prefer --session-file."`
	SessionFile string  `placeholder:"PATH" help:"Read the session id from a file; - reads it from the input."`
	JSON        bool    `help:"Print JSON."`
}

var (
	errNoAPIKey    = errors.New("no key of Synaps' API is configured: set DOSSIER_SYNAPS_API_KEYS")
	errNobodyKnows = errors.New("there is no such session, neither here nor at the provider")
	// Who interrupts a command that records something must not take that for a
	// success.
	errReconcileInterrupted = errors.New("interrupted: something may have been recorded; run it again")
)

// Run asks the provider and records what it shows. Differences are findings:
// webhooks did not tell of them.
func (cmd *reconcileCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	stream, err := cmd.stream(c.in)
	if err != nil {
		return err
	}
	meters := metrics.New(version)
	provider, err := newProvider(cfg, meters)
	if err != nil {
		return err
	}
	if provider == nil {
		return errNoAPIKey
	}
	store, err := openExisting(ctx, cfg.Database, sqlstore.Config{Logger: logger, Meter: meters, Now: time.Now})
	if err != nil {
		return err
	}
	defer store.Close()
	sessions := command.NewReconcileSession(store, store, provider, kyc.NewMachine(), cfg.Rules).Lagging(cfg.Synaps.Lag, time.Now)
	done, err := cmd.reconcile(ctx, store, stream, sessions)
	if err != nil {
		return err
	}
	if err := cmd.print(c.out, done); err != nil {
		return err
	}
	if done.Unknown || done.Differences > 0 || done.Contradicts != 0 {
		return errFindings
	}
	return nil
}

// stream returns the session that is asked for. The errors do not repeat it.
func (cmd *reconcileCommand) stream(input io.Reader) (eventlog.Stream, error) {
	switch {
	case cmd.Session != nil && cmd.SessionFile != "":
		return eventlog.Stream{}, errors.New("--session or --session-file is expected, not both")
	case cmd.Session == nil && cmd.SessionFile == "":
		return eventlog.Stream{}, errors.New("which session? --session-file PATH is expected")
	}
	app, err := kyc.ParseApp(cmd.App)
	if err != nil {
		return eventlog.Stream{}, err
	}
	id, err := (&replayCommand{Session: cmd.Session, SessionFile: cmd.SessionFile}).session(input)
	return eventlog.Stream{App: app, Session: id}, err
}

// reconcile runs the store, which has to append, as long as that takes. What is
// recorded names the operating system's user.
func (cmd *reconcileCommand) reconcile(ctx context.Context, store *sqlstore.Store, stream eventlog.Stream, r command.ReconcileSession) (done command.Reconciled, err error) {
	by, err := userName()
	if err != nil {
		return done, fmt.Errorf("reconcile a session: %w", err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	var writer sync.WaitGroup
	writer.Go(func() { _ = store.Run(running) }) // returns no other than nil
	done, err = r.Handle(ctx, stream, by)
	stop()
	writer.Wait()
	switch {
	case err != nil && ctx.Err() != nil:
		return done, errReconcileInterrupted
	case err != nil:
		return done, fmt.Errorf("reconcile a session: %w", err)
	case done.Recorded:
		return done, nil
	}
	known, err := store.ReadStream(ctx, stream, 0, 1)
	if err == nil && len(known) == 0 {
		err = errNobodyKnows
	}
	return done, err
}

func (cmd *reconcileCommand) print(w io.Writer, done command.Reconciled) error {
	if cmd.JSON {
		return json.NewEncoder(w).Encode(struct { // as the API answers it
			Unknown     bool       `json:"unknown"`
			Recorded    bool       `json:"recorded"`
			Position    int64      `json:"position"`
			Version     int64      `json:"version"`
			Differences int        `json:"differences"`
			Settled     int        `json:"settled_flags"`
			Applied     bool       `json:"applied"`
			Contradicts int64      `json:"contradicts,omitempty"`
			AskAgainAt  *time.Time `json:"ask_again_at,omitempty"`
		}{
			done.Unknown, done.Recorded, done.Position, done.Version, done.Differences, done.Settled,
			done.Contradicts == 0, done.Contradicts, timeOrNone(done.AskAgain),
		})
	}
	text := reconciledText(done)
	if !done.AskAgain.IsZero() {
		text += fmt.Sprintf("\nit is asked again at %s, by a server that runs, or run this again then", done.AskAgain.Format(time.RFC3339))
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

func reconciledText(done command.Reconciled) string {
	switch {
	case !done.Recorded:
		return "the provider knows no such session, which was recorded before"
	case done.Contradicts != 0:
		return fmt.Sprintf("recorded at position %d, and not applied: it contradicts what was told at position %d, which the provider's API may lag behind",
			done.Position, done.Contradicts)
	case done.Unknown:
		return fmt.Sprintf("the provider knows no such session, which is recorded at position %d", done.Position)
	default:
		return fmt.Sprintf("recorded at position %d: %s, %s settled", done.Position,
			counted(done.Differences, "difference"), counted(done.Settled, "flag"))
	}
}

func timeOrNone(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}
