package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/cmd/dossier/internal/config"
)

// relayCommand relays the log to a broker or a receiver.
type relayCommand struct {
	Run    runRelayCommand    `cmd:"" default:"withargs" help:"Relay until it is interrupted. This is what relay does without another word."`
	Parked parkedRelayCommand `cmd:"" help:"List what receivers did not accept in spite of all attempts."`
	Replay replayRelayCommand `cmd:"" help:"Let parked messages be delivered again, by the relay that is running or the next."`
}

type runRelayCommand struct {
	config.DatabaseFlags
	config.LogFlags
	config.DownstreamFlags
}

// errNoTarget is the error of a relay that leads nowhere.
var errNoTarget = errors.New("--to=URL is missing: it says where to relay to")

// Run relays until it is interrupted.
func (cmd *runRelayCommand) Run(ctx context.Context, c console) error {
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	if cfg.Downstream.URL == (config.Secret{}) {
		return errNoTarget
	}
	meters := metrics.New(version)
	store, err := openFollower(ctx, cfg.Database, sqlstore.Config{Logger: logger, Meter: meters, Now: time.Now})
	if err != nil {
		return err
	}
	defer store.Close()
	refs, err := refKey(ctx, store)
	if err != nil {
		return err
	}
	d, err := newDownstream(ctx, cfg, store, refs, meters, logger)
	if err != nil {
		return err
	}
	d.introduce(c.out)
	return d.follow(ctx, store, logger)
}

// follow relays what other processes append.
func (d *downstream) follow(ctx context.Context, store *sqlstore.Store, logger *slog.Logger) error {
	following, stop := context.WithCancel(ctx)
	var waker sync.WaitGroup
	waker.Go(func() { store.Follow(following) })
	logger.Info("relaying", "version", version, "relay", d.feed.Name)
	err := d.run(ctx, true)
	stop()
	waker.Wait()
	return err
}

// introduce prints what the relay is called, and the secret that it had to make:
// on the output, and never through the logger.
func (d *downstream) introduce(w io.Writer) {
	fmt.Fprintf(w, "Relay %s\n", d.feed.Name)
	if d.ownSecret != "" {
		fmt.Fprintf(w, "Secret that signs what the receiver gets:\n  %s\n", d.ownSecret)
	}
}
