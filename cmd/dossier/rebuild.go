package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/cmd/dossier/internal/config"
)

// rebuildCommand builds read models anew while servers go on with the old ones.
type rebuildCommand struct {
	config.DatabaseFlags
	config.RuleFlags
	Name string `arg:"" optional:"" help:"The read model: sessions, flags or stats. Without it, all of them."`
	JSON bool   `help:"Print one JSON object for each read model."`
}

// errOtherRules is the error of a rebuild that would supersede servers.
var errOtherRules = errors.New("it was made, or is being made, by other rules than those given here or by another release: " +
	"give DOSSIER_REQUIRED_SERVICES and DOSSIER_APP_KINDS as the server has them, " +
	"or start a server with the new ones, which builds it anew itself")

// rebuilt is what became of one read model.
type rebuilt struct {
	Name    string  `json:"name"`
	Version string  `json:"version"`
	Events  int64   `json:"events"` // that this process folded
	Seconds float64 `json:"seconds"`
}

// Run builds the read models one after the other.
func (cmd *rebuildCommand) Run(ctx context.Context, c console) error {
	if cmd.Name != "" && !slices.Contains(modelNames(), cmd.Name) {
		return fmt.Errorf("there is no such read model: expected is one of %s", strings.Join(modelNames(), ", "))
	}
	cfg, logger, err := c.configure(cmd)
	if err != nil {
		return err
	}
	store, err := openExisting(ctx, cfg.Database, sqlstore.Config{Logger: logger, Meter: metrics.New(version), Now: time.Now})
	if err != nil {
		return err
	}
	defer store.Close()
	for _, p := range readModels(cfg.Rules) {
		if cmd.Name != "" && cmd.Name != p.Name() {
			continue
		}
		done, err := cmd.rebuild(ctx, c, store, p, logger)
		if err == nil {
			err = cmd.print(c.out, done)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (cmd *rebuildCommand) rebuild(ctx context.Context, c console, store *sqlstore.Store, p projection.Projection, logger *slog.Logger) (rebuilt, error) {
	start := time.Now()
	bar := c.progress(0, "events into "+p.Name(), cmd.JSON)
	defer bar.end()
	b := &projection.Rebuild{
		Projection: p, Log: store, Store: store, Advanced: &eventlog.Broadcast{}, Progress: bar.set, Logger: logger,
	}
	err := b.Begin(ctx)
	done := rebuilt{Name: p.Name(), Version: p.Version()}
	if err == nil {
		done.Events, err = b.Run(ctx)
	}
	switch {
	case errors.Is(err, projection.ErrSuperseded):
		return done, fmt.Errorf("rebuild %s: %w", p.Name(), errOtherRules)
	case ctx.Err() != nil:
		return done, fmt.Errorf("rebuild %s was interrupted: the next rebuild goes on with it", p.Name())
	case err != nil:
		return done, fmt.Errorf("rebuild %s: %w", p.Name(), err)
	}
	done.Seconds = time.Since(start).Seconds()
	return done, nil
}

func (cmd *rebuildCommand) print(w io.Writer, r rebuilt) error {
	if cmd.JSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%s: %d events in %.1f s, %.0f a second\n",
		r.Name, r.Events, r.Seconds, float64(r.Events)/max(r.Seconds, 0.001))
	return err
}
