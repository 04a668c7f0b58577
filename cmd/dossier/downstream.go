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
	"dossier/application/eventlog"
	"dossier/application/relay"
	"dossier/application/sessionref"
	"dossier/cmd/dossier/internal/config"
)

// settingReceiverSecret is what signs the deliveries to receivers if no
// configuration says otherwise.
const settingReceiverSecret = "receiver_secret"

// reconnectInterval is how long a relay waits before it tries to reach its
// broker again.
const reconnectInterval = 2 * time.Second

// broker is one that a relay is connected to.
type broker interface {
	relay.Broker
	Close() error
}

// downstream is a relay of this process.
type downstream struct {
	feed     relay.Feed
	connect  func(context.Context) (broker, error) // nil if it leads to a receiver
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
		d.connect, err = connector(nats.ParseURL, d.openNATS, to.URL)
	case "kafka", "kafka+tls":
		d.connect, err = connector(kafka.ParseURL, kafka.Open, to.URL)
	case "redis", "rediss":
		d.connect, err = connector(redisstream.ParseURL, redisstream.Open, to.URL)
	default: // the configuration lets nothing else through but http and https
		err = d.toReceiver(ctx, to, store)
	}
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	return d, nil
}

// connector returns what connects to the broker of a URL.
func connector[T any, B broker](parse func(string) (T, error), open func(context.Context, T) (B, error), url config.Secret) (func(context.Context) (broker, error), error) {
	target, err := parse(url.Reveal())
	return func(ctx context.Context) (broker, error) {
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
	b, err := d.connected(ctx, strict)
	if b == nil {
		return err
	}
	err = (&relay.ToBroker{Feed: d.feed, Broker: b}).Run(ctx)
	if closed := b.Close(); closed != nil {
		d.feed.Logger.Debug("close the broker", "relay", d.feed.Name, "error", closed)
	}
	return err
}

// connected returns the broker once it is reached, or none if ctx ends before.
func (d *downstream) connected(ctx context.Context, strict bool) (broker, error) {
	for told := false; ctx.Err() == nil; told = true {
		b, err := d.connect(ctx)
		switch {
		case err == nil:
			return b, nil
		case strict && errors.Is(err, relay.ErrRefused):
			return nil, err
		case ctx.Err() == nil && !told:
			d.feed.Logger.Warn("the relay can't reach its broker, and tries again", "relay", d.feed.Name, "error", err)
		}
		eventlog.Wait(ctx, nil, reconnectInterval)
	}
	return nil, nil
}
