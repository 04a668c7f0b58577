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

	"dossier/adapters/simulator"
	"dossier/cmd/dossier/internal/config"
)

// demoCommand serves on a throw-away database, with simulated traffic.
type demoCommand struct {
	config.ListenFlags
	config.LogFlags
	Sessions int `default:"200" help:"How many sessions live before the traffic ends; the server stays (${default})."`
	demoTraffic
}

// demoTraffic is slow enough to be read, with enough faults to see what becomes
// of them.
type demoTraffic struct {
	Rate float64 `default:"5" help:"Webhooks a second (${default})."`
	Seed uint64  `default:"1" help:"The same seed sends the same webhooks (${default})."`
}

func (t demoTraffic) config(url string, sessions int) simulator.Config {
	return simulator.Config{
		URL: url, Sessions: sessions, Rate: t.Rate, Seed: t.Seed, Concurrency: 8,
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
	if err != nil {
		return err
	}
	s.introduceDemo(c.out)
	return s.perform(ctx, cmd.config(s.webhookURL(), cmd.Sessions), c.out)
}

// perform serves, sends traffic and narrates it. The traffic may end before.
func (s *service) perform(ctx context.Context, traffic simulator.Config, w io.Writer) error {
	shown, stop := context.WithCancel(ctx)
	var show sync.WaitGroup
	show.Go(func() {
		if _, err := simulator.Run(shown, traffic); err != nil && shown.Err() == nil {
			s.logger.Error("simulated traffic", slog.Any("error", err))
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

func (s *service) introduceDemo(w io.Writer) {
	fmt.Fprintf(w, `Dossier demo: simulated webhooks on a throw-away SQLite. Ctrl-C ends it.

In another terminal:

  export TOKEN=%s
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/sessions?status=APPROVED&limit=2"
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/flags"
  curl -s -H "Authorization: Bearer $TOKEN" "http://%s/v1/projections"

API documentation: http://%s/docs

`, s.made.firstToken, s.address(), s.address(), s.address(), s.address())
}
