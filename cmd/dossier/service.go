package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/sqlstore"
	"dossier/application/access"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/application/translog"
	"dossier/cmd/dossier/internal/config"
	"dossier/domain/kyc"
	"dossier/ports/httpapi"
	"dossier/ports/tiles"
	"dossier/ports/webhook"
)

const (
	// drainTimeout is how long a shutdown waits for what was accepted. After it,
	// calls that wait are told to come again, for which cutTimeout is left: both
	// together stay below the 10 s after which a container is killed.
	drainTimeout = 8 * time.Second
	cutTimeout   = time.Second
	// The limits of a connection: no peer can hold one without using it. That of
	// the header is the same as that of the whole request: another one would be
	// set anew for each.
	readTimeout    = 20 * time.Second
	writeTimeout   = time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 32 << 10
)

// service is the whole of Dossier, wired and listening.
type service struct {
	store    *sqlstore.Store
	runners  []*projection.Runner
	sealer   *translog.Sealer
	logKey   logKey
	relays   []*downstream
	provider *provided // nil: no app has a key of its API
	reads    *query.Reads
	server   *http.Server
	closing  chan struct{}      // closed when a shutdown begins, for calls that have no end of their own
	cut      context.CancelFunc // ends all calls that are under way
	listener net.Listener
	logger   *slog.Logger
	made     made // at this start, for want of a configuration
	begun    migrated
}

// newService migrates and opens the database, makes what the configuration
// leaves out, wires all parts and listens. Nothing is served before run.
func newService(ctx context.Context, cfg config.Config, logger *slog.Logger) (*service, error) {
	begun, err := migrate(ctx, cfg.Database, logger)
	if err != nil {
		return nil, err
	}
	meters := metrics.New(version)
	store, err := openStore(ctx, cfg.Database, sqlstore.Config{Logger: logger, Meter: meters, Now: time.Now})
	if err != nil {
		return nil, err
	}
	s := &service{store: store, begun: begun, logger: logger, closing: make(chan struct{})}
	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on the address of DOSSIER_LISTEN (--listen): %w", err), store.Close())
	}
	err = s.wire(ctx, cfg, meters)
	if err == nil {
		s.made.firstToken, err = makeFirstToken(ctx, store, cfg)
	}
	if err != nil {
		return nil, errors.Join(err, s.listener.Close(), store.Close())
	}
	return s, nil
}

func (s *service) wire(ctx context.Context, cfg config.Config, meters *metrics.Metrics) (err error) {
	if s.made, err = makeMissing(ctx, s.store, cfg); err != nil {
		return err
	}
	if s.logKey, err = makeLogKey(ctx, s.store, cfg, s.logger); err != nil {
		return err
	}
	s.sealer = &translog.Sealer{
		Log: s.store, Grown: s.store, Store: s.store, Losses: s.store, Key: s.logKey.key, Memory: s.logKey.memory(),
		Sealed: &eventlog.Broadcast{}, Meter: meters, Logger: s.logger, Now: time.Now,
	}
	if err := s.wireRelays(ctx, cfg, meters); err != nil {
		return err
	}
	if err := s.wireProvider(cfg, meters); err != nil {
		return err
	}
	advanced := &eventlog.Broadcast{}
	s.runners = s.projections(cfg.Rules, advanced, meters)
	for _, r := range s.runners {
		if err := r.Prepare(ctx); err != nil {
			return err
		}
	}
	handler, err := s.routes(cfg, advanced, meters)
	if err != nil {
		return err
	}
	calls, cut := context.WithCancel(context.Background())
	s.cut = cut
	s.server = &http.Server{
		BaseContext: func(net.Listener) context.Context { return calls },
		Handler:     handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	return nil
}

func (s *service) wireRelays(ctx context.Context, cfg config.Config, meters *metrics.Metrics) error {
	if cfg.Downstream.URL == (config.Secret{}) {
		return nil
	}
	d, err := newDownstream(ctx, cfg, s.store, s.made.refs, meters, s.logger)
	s.relays = append(s.relays, d)
	return err
}

func (s *service) projections(rules kyc.RuleBook, advanced *eventlog.Broadcast, meter projection.Meter) []*projection.Runner {
	var runners []*projection.Runner
	anew := readModels(rules)
	for i, p := range readModels(rules) {
		runners = append(runners, &projection.Runner{
			Projection: p, Log: s.store, Grown: s.store, Store: s.store, Advanced: advanced, Meter: meter, Logger: s.logger,
			Rebuild: &projection.Rebuild{Projection: anew[i], Log: s.store, Store: s.store, Advanced: advanced, Logger: s.logger},
		})
	}
	return runners
}

// routes wires the ports.
func (s *service) routes(cfg config.Config, advanced eventlog.Signal, meters *metrics.Metrics) (http.Handler, error) {
	machine := kyc.NewMachine()
	hooks, err := webhook.New(webhook.Config{
		Secrets: s.made.secrets, HeaderPrefix: cfg.Relay.HeaderPrefix, SigningSecrets: revealed(cfg.Relay.SigningSecrets),
		AllowIPs: cfg.AllowIPs, TrustedProxies: cfg.TrustedProxies,
		Receiver:   command.NewReceiveWebhook(s.store, machine, cfg.Rules),
		SessionRef: s.made.refs.Of, Logger: s.logger, Meter: meters,
	})
	if err != nil {
		return nil, err
	}
	s.reads = query.New(query.Sources{Models: s.store, Log: s.store, Grown: s.store, Advanced: advanced, Rules: cfg.Rules})
	names := modelNames()
	progress := func(ctx context.Context) ([]query.Progress, error) { return s.reads.Projections(ctx, names) }
	watched := append(slices.Clone(names), translog.Name)
	meters.Watch(func(ctx context.Context) ([]query.Progress, error) { return s.reads.Projections(ctx, watched) })
	meters.WatchSigned(func(ctx context.Context) (translog.Standing, error) {
		return translog.ReadStanding(ctx, s.store)
	}, time.Now)
	meters.WatchDownstream(s.store.Groups().Groups, s.store.Deferrals().Backlogs, time.Now)
	log := tiles.New(tiles.Config{Log: s.store, Verifier: s.logKey.verifiers, Logger: s.logger})
	calls := httpapi.Config{
		Reads: s.reads, Resolve: command.NewResolveFlag(s.store, s.store, machine, cfg.Rules),
		Auth: access.NewKeyring(cfg.Tokens, s.store), AccessLog: s.store, Projections: names, Checks: s.checks(progress),
		Evidence: s.evidence(cfg.Rules, machine),
		Live:     httpapi.Live{Closing: s.closing, Meter: meters},
		Proofs:   translog.NewProver(s.store, s.store), Log: log.Public, LogEntries: log.Entries,
		SessionRef: s.made.refs.Of, Logger: s.logger, Version: version, Now: time.Now,
	}
	if s.provider != nil {
		calls.Reconcile, calls.Details = s.provider.demand, s.provider.client
		calls.Accesses = command.NewAccessDetails(s.store, cfg.Rules)
	}
	api := httpapi.New(calls)
	return ports{hooks: hooks, metrics: meters.Handler(), api: api}, nil
}

// ports sends each call to the port that it is for. A ServeMux would redirect a
// path that is not in canonical form, and repeat the session id in it.
type ports struct{ hooks, metrics, api http.Handler }

// ServeHTTP implements http.Handler.
func (p ports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == webhook.Path || strings.HasPrefix(path, webhook.Path+"/"):
		p.hooks.ServeHTTP(w, r)
	case path == "/metrics" && r.Method == http.MethodGet:
		p.metrics.ServeHTTP(w, r)
	default:
		p.api.ServeHTTP(w, r)
	}
}

// run serves until ctx ends. Then it refuses new calls, finishes those that
// were accepted, and returns nil; an error means that it had to stop.
func (s *service) run(ctx context.Context) error {
	// The store outlives the server, whose last calls it must answer.
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var parts sync.WaitGroup
	parts.Go(func() { _ = s.store.Run(background) }) // returns no other than nil
	for _, r := range s.runners {
		parts.Go(func() {
			if err := r.Run(background); err != nil {
				s.logger.Error("projection stopped", "error", err)
			}
		})
	}
	parts.Go(func() { _ = s.sealer.Run(background) }) // returns no other than nil
	if s.provider != nil {
		parts.Go(func() {
			if err := s.provider.follower.Run(background); err != nil {
				s.logger.Error("reconciliation has ended", "error", err)
			}
		})
	}
	for _, d := range s.relays {
		parts.Go(func() {
			// Webhooks must not be lost because what is downstream has a fault.
			if err := d.run(background, false); err != nil {
				s.logger.Error("the relay has ended", "relay", d.feed.Name, "error", err)
			}
		})
	}
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(s.listener) }()

	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.logger.Info("shutting down")
		s.drain(ctx)
		<-served
	}
	s.cut()
	stop()
	parts.Wait()
	return errors.Join(err, s.store.Close())
}

// drain ends the live streams and waits for the other calls that were accepted. Then it ends those that wait for
// something, such as a read for a position, and at last cuts off the rest, which
// are those whose callers are slow: none of them was told of a success.
func (s *service) drain(ctx context.Context) {
	close(s.closing)
	background := context.WithoutCancel(ctx)
	if s.shutdown(background, drainTimeout) == nil {
		return
	}
	s.cut()
	if err := s.shutdown(background, cutTimeout); err != nil {
		s.logger.Warn("calls were cut off", "error", errors.Join(err, s.server.Close()))
	}
}

// shutdown refuses new calls and waits for those under way.
func (s *service) shutdown(ctx context.Context, limit time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.server.Shutdown(limited)
}

// address is where the service listens, as a person would type it.
func (s *service) address() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return s.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
