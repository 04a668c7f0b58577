package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/adapters/simulator"
)

// providerFlags say how a fake Synaps behaves.
type providerFlags struct {
	Provider       bool          `help:"Be a fake Synaps: keep the sessions, answer the API about them until interrupted, and lose webhooks."`
	ProviderListen string        `default:"127.0.0.1:9091" placeholder:"HOST:PORT" help:"Where its API listens; DOSSIER_SYNAPS_BASE_URL is http://HOST:PORT/v4."`
	ProviderKey    string        `placeholder:"KEY" env:"DOSSIER_SIMULATE_PROVIDER_KEY" help:"The Api-Key that it asks for. Without one it makes one and prints it."`
	Loss           float64       `default:"0.05" help:"Share of its webhooks that are never sent."`
	Lag            time.Duration `default:"0s" help:"How far its API lags behind its webhooks."`
	LagVaries      bool          `help:"Let the API lag by up to that, with each session in its own way."`
}

// fake is what the fake Synaps does: of the traffic's faults those that a
// provider can be blamed for.
func (cmd *simulateCommand) fake() fakesynaps.Config {
	return fakesynaps.Config{
		Seed: cmd.Seed, Key: cmd.ProviderKey, Sessions: cmd.Sessions, Corporate: cmd.Corporate,
		Loss: cmd.Loss, Delay: cmd.Late, Duplicates: cmd.Duplicates, Reorder: cmd.Reordered,
		Lag: cmd.Lag, LagVaries: cmd.LagVaries,
		Rate: cmd.Rate, Concurrency: cmd.Concurrency, HeaderPrefix: cmd.HeaderPrefix, SigningSecret: cmd.SigningSecret,
	}
}

// beProvider lets sessions live, prints what became of their webhooks, and
// answers the API until it is interrupted.
func (cmd *simulateCommand) beProvider(ctx context.Context, c console) (err error) {
	made := cmd.ProviderKey == ""
	if made {
		cmd.ProviderKey = randomText()
	}
	fake := cmd.fake()
	if c.env.Terminal && !cmd.JSON {
		fake.OnProgress = func(p simulator.Progress) { drawProgress(c.err, p) }
	}
	api, err := serveFakeOn(cmd.ProviderListen, fake)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.Close()) }()
	if made {
		fmt.Fprintf(c.err, "DOSSIER_SYNAPS_API_KEYS=default=%s\nDOSSIER_SYNAPS_BASE_URL=%s\n", cmd.ProviderKey, api.baseURL())
	}
	lived, err := api.Live(ctx, cmd.URL)
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if err := cmd.printLived(c, lived); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (cmd *simulateCommand) printLived(c console, s fakesynaps.Summary) error {
	if cmd.JSON {
		return json.NewEncoder(c.out).Encode(struct {
			Seed uint64 `json:"seed"`
			fakesynaps.Summary
		}{cmd.Seed, s})
	}
	err := printSummary(c.out, cmd.Seed, s.Summary)
	fmt.Fprintf(c.out, "changes %d, of which %d were told by no webhook and %d after a later one; the API answers until this is interrupted\n",
		s.Changes, s.Untold, s.Overtaken)
	return err
}
