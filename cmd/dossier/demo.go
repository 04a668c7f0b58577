package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/application/eventlog"
	"dossier/application/query"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// demoCommand serves on a throw-away database, with the webhooks of a fake
// Synaps that loses some of them.
type demoCommand struct {
	config.ListenFlags
	config.LogFlags
	Rate  float64       `default:"8" help:"Webhooks a second."`
	Seed  uint64        `default:"1" help:"The same seed sends the same webhooks."`
	Lag   time.Duration `name:"provider-lag" default:"0s" help:"How far the API of the fake Synaps lags behind its webhooks."`
	Waves int           `default:"0" help:"End after so many waves of sessions; 0 goes on until it is interrupted."`
}

// wave is how many sessions of the demo live at a time: few enough that a
// person can follow one through its life.
const wave = 8

// errDemo is what a demo returns in which a session was not settled.
var errDemo = errors.New("a session is not as the provider has it")

// traffic is what the fake Synaps does, with enough faults to see what becomes of
// them.
func (cmd *demoCommand) traffic(key string) fakesynaps.Config {
	return fakesynaps.Config{
		Seed: cmd.Seed, Key: key, Sessions: wave, Rate: cmd.Rate, Concurrency: wave,
		Corporate: 0.2, Loss: 0.08, Delay: 0.1, Duplicates: 0.05, Reorder: 0.05, Lag: cmd.Lag,
	}
}

// Run shows sessions moving through their lives until it is interrupted. The
// database is deleted at the end.
func (cmd *demoCommand) Run(ctx context.Context, c console) (err error) {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "dossier-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	cfg.Database = config.Database{Kind: config.SQLite, SQLitePath: filepath.Join(folder, "dossier.db")}
	key := randomText()
	api, err := serveFake(cmd.traffic(key))
	if err != nil {
		return err
	}
	defer api.Close()
	cfg.Synaps.Keys, cfg.Synaps.BaseURL = map[kyc.App]config.Secret{kyc.DefaultApp: config.NewSecret(key)}, api.baseURL()
	cfg.Synaps.Lag = cmd.Lag
	s, err := newService(ctx, cfg, logger)
	if errors.Is(err, syscall.EADDRINUSE) {
		// A first look must not fail because something else is on the port.
		cfg.Listen = "127.0.0.1:0"
		s, err = newService(ctx, cfg, logger)
	}
	if err != nil {
		return err
	}
	s.introduceDemo(c.out, cfg.Database.SQLitePath)
	return cmd.perform(ctx, s, api.Provider, c.out)
}

// perform serves, lets wave after wave live and narrates it. After each wave the
// provider is asked for its sessions: it ends with every one as the provider has
// it.
func (cmd *demoCommand) perform(ctx context.Context, s *service, provider *fakesynaps.Provider, w io.Writer) (err error) {
	shown, end := context.WithCancel(ctx)
	defer end()
	told := &shared{Writer: w}
	var show sync.WaitGroup
	show.Go(func() {
		defer end()
		for number := 1; shown.Err() == nil && (cmd.Waves == 0 || number <= cmd.Waves); number++ {
			if failed := cmd.show(shown, s, provider, number, told); failed != nil && shown.Err() == nil {
				s.logger.Error("demo", slog.Any("error", failed))
				err = errors.Join(err, failed)
			}
		}
	})
	show.Go(func() {
		if err := narrate(shown, s.store, s.made.refs, told); err != nil && shown.Err() == nil {
			s.logger.Error("narration", slog.Any("error", err))
		}
	})
	served := s.run(shown)
	end()
	show.Wait()
	return errors.Join(err, served)
}

// show lets one wave live, and settles its sessions.
func (cmd *demoCommand) show(ctx context.Context, s *service, provider *fakesynaps.Provider, number int, w io.Writer) error {
	lived, err := provider.Live(ctx, s.webhookURL())
	if err != nil {
		return fmt.Errorf("webhooks of the demo: %w", err)
	}
	eventlog.Wait(ctx, nil, cmd.Lag) // the API shows all of it from then on
	differences, wrong, unknown := 0, 0, 0
	for _, truth := range provider.Truth() {
		if truth.Number < (number-1)*wave {
			continue
		}
		stream := eventlog.Stream{App: truth.App, Session: truth.ID}
		done, err := s.provider.demand.Handle(ctx, stream, kyc.ReconciledBy)
		if err != nil {
			return fmt.Errorf("reconcile a session: %w", err)
		}
		differences += done.Differences
		if done.Recorded && done.Version == 1 {
			unknown++
		}
		same, err := agrees(ctx, s.reads, stream, truth)
		if err != nil {
			return err
		}
		if !same {
			wrong++
		}
	}
	fmt.Fprintf(w, "        wave %d: %d sessions, %d changes, of %d no webhook came. Asking the provider found %d differences, and %d sessions that were unknown: %s\n",
		number, wave, lived.Changes, lived.Untold, differences, unknown, verdict(wrong))
	if wrong > 0 {
		return errDemo
	}
	return nil
}

func verdict(wrong int) string {
	if wrong == 0 {
		return "every session is as the provider has it"
	}
	return fmt.Sprintf("%d sessions are NOT as the provider has them", wrong)
}

// agrees says whether a session is as the provider has it.
func agrees(ctx context.Context, reads *query.Reads, stream eventlog.Stream, truth fakesynaps.Session) (bool, error) {
	answer, err := reads.SessionReplayed(ctx, stream)
	if err != nil {
		return false, fmt.Errorf("replay a session: %w", err)
	}
	state := answer.Session.State
	steps := map[kyc.StepID]kyc.Status{}
	for _, step := range state.Steps {
		steps[step.StepID] = step.Status
	}
	same := state.Track.Status == truth.Status && len(steps) == len(truth.Steps)
	for _, step := range truth.Steps {
		same = same && steps[step.ID] == step.Status
	}
	return same, nil
}

// shared lets two write lines.
type shared struct {
	io.Writer
	mu sync.Mutex
}

// Write implements io.Writer.
func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Writer.Write(p)
}

func (s *service) introduceDemo(w io.Writer, path string) {
	fmt.Fprintf(w, `Dossier demo: webhooks of a fake Synaps, some of which are lost, on a throw-away SQLite. Ctrl-C ends it.

In another terminal:

  export TOKEN=%s
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/sessions?limit=2"
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/flags"
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/projections"
  curl -sN -H "Authorization: Bearer $TOKEN" -H "Accept: text/event-stream" "http://%s/v1/events"

A service behind it, which opens and freezes accounts:

  go run ./examples/subscriber --database-url=sqlite:%s

API documentation: http://%s/docs

`, s.made.firstToken, s.address(), s.address(), s.address(), s.address(), path, s.address())
}
