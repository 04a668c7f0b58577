package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"text/tabwriter"
	"time"

	"dossier/adapters/simulator"
)

// simulateCommand sends realistic webhooks to a running server.
type simulateCommand struct {
	URL           string `required:"" placeholder:"URL" env:"DOSSIER_SIMULATE_URL" help:"Complete webhook URL, with its secret, as serve prints it. A command line is visible to other users: prefer the variable."`
	SigningSecret string `placeholder:"SECRET" env:"DOSSIER_SIMULATE_SIGNING_SECRET" help:"Sign as the relay would."`
	HeaderPrefix  string `default:"x-hookdeck" help:"Prefix of the relay's headers."`
	Sessions      int    `default:"100" help:"How many sessions live."`
	trafficFlags
	providerFlags
	JSON bool `help:"Print the summary as JSON."`
}

// trafficFlags say what the traffic is like.
type trafficFlags struct {
	Rate        float64 `default:"50" help:"Webhooks a second; 0 sends as fast as the server answers."`
	Concurrency int     `default:"32" help:"Webhooks under way at once."`
	Seed        uint64  `help:"The same seed sends the same webhooks; 0 takes a random one and prints it."`
	Corporate   float64 `default:"0.2" help:"Share of sessions of companies."`
	V3          float64 `name:"v3" default:"0.1" help:"Share of sessions in the older vocabulary."`
	Duplicates  float64 `default:"0.05" help:"Share of deliveries that come twice."`
	Late        float64 `default:"0.05" help:"Share of submissions that come after their result."`
	Reordered   float64 `default:"0.03" help:"Share of deliveries that the next one overtakes."`
	Forbidden   float64 `default:"0.02" help:"Share of final results that a forbidden one follows."`
	Unknown     float64 `default:"0.01" help:"Share of deliveries that an unknown status follows."`
}

func (f trafficFlags) config(url string, sessions int) simulator.Config {
	return simulator.Config{
		URL: url, Sessions: sessions, Rate: f.Rate, Concurrency: f.Concurrency, Seed: f.Seed,
		Corporate: f.Corporate, V3: f.V3, Duplicates: f.Duplicates, Late: f.Late,
		Reordered: f.Reordered, Forbidden: f.Forbidden, Unknown: f.Unknown,
	}
}

// Run sends the webhooks and prints what became of them.
func (cmd *simulateCommand) Run(ctx context.Context, c console) error {
	for cmd.Seed == 0 {
		// Event ids follow from the seed: a second run with the same one would
		// send nothing but duplicates.
		cmd.Seed = rand.Uint64N(1_000_000_000)
	}
	if cmd.Provider {
		return cmd.beProvider(ctx, c)
	}
	cfg := cmd.config(cmd.URL, cmd.Sessions)
	cfg.HeaderPrefix, cfg.SigningSecret = cmd.HeaderPrefix, cmd.SigningSecret
	if err := cfg.Validate(); err != nil {
		return err
	}
	if c.env.Terminal && !cmd.JSON {
		cfg.OnProgress = func(p simulator.Progress) { drawProgress(c.err, p) }
	}
	summary, err := simulator.Run(ctx, cfg)
	if cfg.OnProgress != nil {
		fmt.Fprintln(c.err)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if err := cmd.print(c.out, summary); err != nil {
		return err
	}
	if summary.Failed > 0 {
		return errFindings
	}
	return nil
}

func (cmd *simulateCommand) print(w io.Writer, s simulator.Summary) error {
	if cmd.JSON {
		return json.NewEncoder(w).Encode(struct {
			Seed uint64 `json:"seed"`
			simulator.Summary
		}{cmd.Seed, s})
	}
	return printSummary(w, cmd.Seed, s)
}

// drawProgress draws one line over the one before.
func drawProgress(w io.Writer, p simulator.Progress) {
	const width = 30
	done := width * p.Sessions / max(1, p.Total)
	bar := make([]byte, width)
	for i := range bar {
		bar[i] = '.'
		if i < done {
			bar[i] = '#'
		}
	}
	fmt.Fprintf(w, "\r[%s] %d of %d sessions, %d webhooks, %d failed, %s ",
		bar, p.Sessions, p.Total, p.Deliveries, p.Failed, p.Elapsed.Round(time.Second))
}

func printSummary(w io.Writer, seed uint64, s simulator.Summary) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	rate := float64(s.Deliveries) / max(s.Elapsed.Seconds(), 0.001)
	fmt.Fprintf(table, "seed\t%d\n", seed)
	fmt.Fprintf(table, "sessions\t%d\n", s.Sessions)
	fmt.Fprintf(table, "webhooks\t%d\t%.0f a second\n", s.Deliveries, rate)
	for _, outcome := range slices.Sorted(maps.Keys(s.Outcomes)) {
		fmt.Fprintf(table, "  %s\t%d\n", outcome, s.Outcomes[outcome])
	}
	fmt.Fprintf(table, "retries\t%d\n", s.Retries)
	fmt.Fprintf(table, "failed\t%d\t%s\n", s.Failed, s.FirstError)
	fmt.Fprintf(table, "answer time\tp50 %s\tp95 %s\tp99 %s\tmax %s\n",
		rounded(s.Latency.P50), rounded(s.Latency.P95), rounded(s.Latency.P99), rounded(s.Latency.Max))
	return table.Flush()
}

func rounded(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
