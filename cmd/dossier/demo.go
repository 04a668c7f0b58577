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

	"dossier/adapters/simulator"
	"dossier/cmd/dossier/internal/config"
)

// demoCommand serves on a throw-away database, with simulated traffic.
type demoCommand struct {
	config.ListenFlags
	config.LogFlags
	Rate float64 `default:"8" help:"Webhooks a second."`
	Seed uint64  `default:"1" help:"The same seed sends the same webhooks."`
}

// wave is how many sessions of the demo live at a time: few enough that a
// person can follow one through its life.
const wave = 8

// traffic is one wave, with enough faults to see what becomes of them.
func (cmd *demoCommand) traffic(url string, number uint64) simulator.Config {
	return simulator.Config{
		URL: url, Sessions: wave, Rate: cmd.Rate, Seed: cmd.Seed + number, Concurrency: wave,
		Corporate: 0.2, V3: 0.1, Duplicates: 0.05, Late: 0.1, Reordered: 0.05, Forbidden: 0.05, Unknown: 0.02,
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
	return cmd.perform(ctx, s, c.out)
}

// perform serves, sends wave after wave and narrates it.
func (cmd *demoCommand) perform(ctx context.Context, s *service, w io.Writer) error {
	shown, stop := context.WithCancel(ctx)
	var show sync.WaitGroup
	show.Go(func() {
		for number := uint64(0); shown.Err() == nil; number++ {
			if _, err := simulator.Run(shown, cmd.traffic(s.webhookURL(), number)); err != nil && shown.Err() == nil {
				s.logger.Error("simulated traffic", slog.Any("error", err))
			}
		}
	})
	show.Go(func() {
		if err := narrate(shown, s.store, s.made.refs, w); err != nil && shown.Err() == nil {
			s.logger.Error("narration", slog.Any("error", err))
		}
	})
	err := s.run(ctx)
	stop()
	show.Wait()
	return err
}

func (s *service) introduceDemo(w io.Writer, path string) {
	fmt.Fprintf(w, `Dossier demo: simulated webhooks on a throw-away SQLite. Ctrl-C ends it.

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
