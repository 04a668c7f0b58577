package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"dossier/application/command"
	"dossier/domain/kyc"
)

const (
	// Path is where the webhooks of the default app arrive. Those of any other
	// app arrive at Path, a slash and the app.
	Path = "/webhooks/synaps"
	// MaxBody is the longest body that is read, in bytes.
	MaxBody = 64 << 10
	// DefaultHeaderPrefix is that of the headers which Hookdeck adds.
	DefaultHeaderPrefix = "x-hookdeck"
)

// Receiver records what a webhook reported.
type Receiver interface {
	// Handle returns once the webhook's events are durable. Its errors are
	// those that the package problem knows; any other is an internal error.
	Handle(ctx context.Context, w command.Webhook) (command.Receipt, error)
}

// Meter counts what the port answers.
type Meter interface {
	// Webhook is told of each call once: the outcome is that of the domain, or
	// the type of the problem that was answered.
	Webhook(outcome string, took time.Duration)
	// UnknownStatus is told of each webhook that was discarded, with its status as it
	// came: any text of any length.
	UnknownStatus(status string)
	// WithoutDeliveryID is told of each accepted webhook that the relay gave no id.
	WithoutDeliveryID()
}

// Config is what the port needs.
type Config struct {
	// Secrets are those of each app; any one of an app's is valid. At least one
	// app is needed.
	Secrets map[kyc.App][]string
	// HeaderPrefix is that of the relay's headers; empty: DefaultHeaderPrefix.
	HeaderPrefix string
	// SigningSecrets are those of the relay. If there is one, a webhook must be
	// signed with any of them.
	SigningSecrets []string
	// AllowIPs are the networks that may call; empty: all.
	AllowIPs []netip.Prefix
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Receiver records the webhooks.
	Receiver Receiver
	// SessionRef names a session in a log line, which the session id must not.
	SessionRef func(kyc.App, kyc.SessionID) string
	// Logger gets a debug line for each webhook and a line at info or above for
	// each refusal; nil: nothing is logged.
	Logger *slog.Logger
	// Meter may be nil.
	Meter Meter
}

// New returns the handler of Path and of Path with an app. Mount it at both
// without stripping a prefix, and for all methods: it is the handler that
// answers a wrong one with a problem. The error names every fault of the
// configuration at once, and repeats no secret.
func New(cfg Config) (http.Handler, error) {
	if cfg.HeaderPrefix == "" {
		cfg.HeaderPrefix = DefaultHeaderPrefix
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("webhook configuration: %w", err)
	}
	names := newHeaderNames(cfg.HeaderPrefix)
	h := &handler{
		keys:     newKeyring(cfg.Secrets),
		gate:     newGate(cfg.AllowIPs, cfg.TrustedProxies),
		signed:   newSignatures(names, cfg.SigningSecrets),
		names:    names,
		receiver: cfg.Receiver,
		journal:  newJournal(cfg.Logger, cfg.SessionRef),
		meter:    cfg.Meter,
	}
	if h.meter == nil {
		h.meter = noMeter{}
	}
	return h, nil
}

// headerPrefix leaves out a dash at the end on purpose: with it every header
// of the relay would be missed, and deliveries no longer told apart.
var headerPrefix = regexp.MustCompile(`^[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*$`)

func (c Config) check() error {
	faults := []error{checkSecrets(c.Secrets)}
	fault := func(is bool, text string) {
		if is {
			faults = append(faults, errors.New(text))
		}
	}
	fault(c.Receiver == nil, "a receiver is missing")
	fault(c.SessionRef == nil, "a function for session references is missing")
	fault(!headerPrefix.MatchString(c.HeaderPrefix),
		"the header prefix must be letters, digits and dashes, without a dash at either end")
	for _, secret := range c.SigningSecrets {
		fault(secret == "", "a signing secret is empty")
	}
	for _, network := range c.AllowIPs {
		fault(!network.IsValid(), "an allowed network is invalid")
	}
	for _, network := range c.TrustedProxies {
		fault(!network.IsValid(), "a trusted proxy's network is invalid")
	}
	return errors.Join(faults...)
}

// checkSecrets refuses empty secrets above all: one would let in every call
// without a secret. It names an app only if it is one, since a secret may stand
// in its place by mistake.
func checkSecrets(secrets map[kyc.App][]string) error {
	if len(secrets) == 0 {
		return errors.New("no app has a secret")
	}
	var faults []error
	for _, app := range slices.Sorted(maps.Keys(secrets)) {
		if _, err := kyc.ParseApp(string(app)); err != nil {
			faults = append(faults, errors.New("the name of an app is not 1 to 40 characters from a-z, 0-9 and -"))
			continue
		}
		if len(secrets[app]) == 0 {
			faults = append(faults, fmt.Errorf("app %q has no secret", string(app)))
		}
		if slices.Contains(secrets[app], "") {
			faults = append(faults, fmt.Errorf("app %q has an empty secret", string(app)))
		}
	}
	return errors.Join(faults...)
}

type noMeter struct{}

func (noMeter) Webhook(string, time.Duration) {}
func (noMeter) UnknownStatus(string)          {}
func (noMeter) WithoutDeliveryID()            {}
