package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"

	"dossier/adapters/cloudevents"
	"dossier/adapters/kafka"
	"dossier/adapters/metrics"
	"dossier/adapters/nats"
	"dossier/adapters/receiver"
	"dossier/adapters/redisstream"
	"dossier/adapters/sqlstore"
	"dossier/application/consumer"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/cmd/dossier/internal/config"
)

// settingReceiverSecret is what signs the deliveries to receivers if no
// configuration says otherwise.
const settingReceiverSecret = "receiver_secret"

// downstream is a relay of this process.
type downstream struct {
	feed     relay.Feed
	connect  connector // nil if it leads to a receiver
	receiver *receiver.Receiver
	deferred relay.Deferrals
	waits    []time.Duration
	// ownSecret signs what the receiver gets if no configuration gives one. It is
	// printed at each start, and kept in the database.
	ownSecret string
}

// newDownstream makes the relay that is configured. It connects to nothing yet:
// what is wrong with the URL is told, a broker that is away is not.
func newDownstream(ctx context.Context, cfg config.Config, store *sqlstore.Store, refs sessionref.Key, meters *metrics.Metrics, logger *slog.Logger) (*downstream, error) {
	to := cfg.Downstream
	d := &downstream{deferred: store.Deferrals(), waits: to.Waits, feed: relay.Feed{
		Name: to.Name, Log: store, Grown: store, Groups: store.Groups(), Envelope: cloudevents.New(refs, to.SessionRef),
		Filter: relay.Filter{App: to.App, Types: to.Types}, Start: to.From,
		Holder: uuid.NewString(), Meter: meters, Logger: logger,
	}}
	var err error
	switch scheme, _, _ := strings.Cut(to.URL.Reveal(), ":"); scheme {
	case "nats", "nats+tls":
		d.connect, err = newConnector(nats.ParseURL, d.openNATS, to.URL)
	case "kafka", "kafka+tls":
		d.connect, err = newConnector(kafka.ParseURL, kafka.Open, to.URL)
	case "redis", "rediss":
		d.connect, err = newConnector(redisstream.ParseURL, redisstream.Open, to.URL)
	default: // the configuration lets nothing else through but http and https
		err = d.toReceiver(ctx, to, store)
	}
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return d, nil
}

// newConnector returns what reaches the broker of a URL.
func newConnector[T any, B relay.Connection](parse func(string) (T, error), open func(context.Context, T) (B, error), url config.Secret) (connector, error) {
	target, err := parse(url.Reveal())
	return func(ctx context.Context) (relay.Connection, error) {
		b, err := open(ctx, target)
		if err != nil {
			return nil, err // and not a nil B in an interface
		}
		return b, nil
	}, err
}

func (d *downstream) openNATS(ctx context.Context, to nats.Target) (*nats.Broker, error) {
	return nats.Open(ctx, to, d.feed.Repeated)
}

func (d *downstream) toReceiver(ctx context.Context, to config.Downstream, store *sqlstore.Store) (err error) {
	secrets := revealed(to.Secrets)
	if len(secrets) == 0 {
		if d.ownSecret, err = store.Setting(ctx, settingReceiverSecret, receiver.NewSecret()); err != nil {
			return err
		}
		secrets = []string{d.ownSecret}
	}
	d.receiver, err = receiver.New(receiver.Config{
		URL: to.URL.Reveal(), Secrets: secrets, AllowPrivate: to.AllowPrivate, Version: version,
	})
	return err
}

// run relays until ctx ends, and then returns nil. A broker that is away is
// waited for. One that refuses to let it in ends it if strict, for then a person
// is there to see it; else it is tried again, too.
func (d *downstream) run(ctx context.Context, strict bool) error {
	if d.receiver != nil {
		defer d.receiver.Close()
		return (&relay.ToReceiver{Feed: d.feed, Receiver: d.receiver, Deferred: d.deferred, Waits: d.waits}).Run(ctx)
	}
	r := &relay.ToBroker{Feed: d.feed, Connect: d.connect}
	if !strict {
		return r.Run(ctx)
	}
	first := newFirstReach(d.connect)
	defer first.close()
	r.Connect = first.take
	err := consumer.Both(ctx, first.run, r.Run)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// connector reaches a broker.
type connector func(context.Context) (relay.Connection, error)

// firstReach is a relay's first try to reach its broker, beside the claim of its
// place: who starts a relay that is refused is told so at once, also while
// another relay is active.
type firstReach struct {
	connect connector
	made    chan reached // of one
	taken   bool
}

type reached struct {
	broker relay.Connection
	err    error
}

func newFirstReach(connect connector) *firstReach {
	return &firstReach{connect: connect, made: make(chan reached, 1)}
}

// run tries once. It returns an error only if the broker refuses.
func (f *firstReach) run(ctx context.Context) error {
	b, err := f.connect(ctx)
	if errors.Is(err, relay.ErrRefused) {
		return err
	}
	f.made <- reached{b, err}
	return nil
}

// take is what the relay reaches its broker by: it waits for the first try, and
// later makes its own.
func (f *firstReach) take(ctx context.Context) (relay.Connection, error) {
	if f.taken {
		return f.connect(ctx)
	}
	select {
	case first := <-f.made:
		f.taken = true
		return first.broker, first.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// close ends a connection that the relay never needed. It must come after run.
func (f *firstReach) close() {
	select {
	case first := <-f.made:
		if first.broker != nil {
			_ = first.broker.Close()
		}
	default:
	}
}
