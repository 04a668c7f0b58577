package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"dossier/adapters/metrics"
	"dossier/adapters/synaps"
	"dossier/application/command"
	"dossier/application/reconcile"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
)

// newProvider returns what asks Synaps' API, or nil if there is a key for no app.
func newProvider(cfg config.Config, meters *metrics.Metrics) (*synaps.Client, error) {
	if len(cfg.Synaps.Keys) == 0 {
		return nil, nil
	}
	keys := map[kyc.App]string{}
	for app, key := range cfg.Synaps.Keys {
		keys[app] = key.Reveal()
	}
	client, err := synaps.New(synaps.Config{
		Keys: keys, BaseURL: cfg.Synaps.BaseURL, RequestsPerMinute: cfg.Synaps.RequestsPerMinute, Version: version, Meter: meters,
	})
	if err != nil {
		return nil, fmt.Errorf("the API of Synaps: %w", err)
	}
	return client, nil
}

// provided is what a server does with the provider's API.
type provided struct {
	client   *synaps.Client
	demand   reconcile.Sessions // who asks waits for it
	follower *reconcile.Follower
}

func (s *service) wireProvider(cfg config.Config, meters *metrics.Metrics) error {
	client, err := newProvider(cfg, meters)
	if client == nil {
		return err
	}
	machine := kyc.NewMachine()
	sessions := command.NewReconcileSession(s.store, s.store, client, machine, cfg.Rules).Lagging(cfg.Synaps.Lag, time.Now)
	s.provider = &provided{client: client, demand: reconcile.Metered{Sessions: sessions, Cause: reconcile.Demand, Meter: meters}}
	s.provider.follower = &reconcile.Follower{
		Log: s.store, Groups: s.store.Groups(), Holder: uuid.NewString(), Knows: client.Knows, Sessions: sessions,
		SessionRef: s.made.refs.Of, Meter: meters, Logger: s.logger,
	}
	if cfg.Synaps.After > 0 {
		slow := command.NewReconcileSession(s.store, s.store, client.Slow(), machine, cfg.Rules).Lagging(cfg.Synaps.Lag, time.Now)
		s.provider.follower.Sweep = &reconcile.Sweep{Models: s.store, Sessions: slow, After: cfg.Synaps.After}
	}
	meters.WatchSynaps(client.Remaining)
	meters.WatchUnsettled(func(ctx context.Context) ([]reconcile.Oldest, error) {
		return reconcile.OldestUnsettled(ctx, s.store)
	}, time.Now)
	return nil
}
