package fakesynaps

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"dossier/adapters/simulator"
	"dossier/domain/kyc"
)

// Config says what the provider has, and how badly it tells of it. Shares and
// rates go from 0 (none) to 1 (all of what they name).
type Config struct {
	// Seed makes everything repeatable; every value is a seed.
	Seed uint64
	// App is the app whose sessions these are; empty stands for the default one.
	App kyc.App
	// Key is the Api-Key that the API asks for.
	Key string
	// Sessions is how many sessions live during one call of Live; at least 1.
	Sessions int
	// Corporate is the share of sessions that verify a company.
	Corporate float64

	// Loss is the share of webhooks that are never sent.
	Loss float64
	// Delay is the share of webhooks whose first attempts do not get through:
	// they come up to four changes of their session later, with a higher attempt.
	Delay float64
	// Duplicates is the share of webhooks that come once more, up to four
	// changes later.
	Duplicates float64
	// Reorder is the share of webhooks that the next of their session overtakes.
	// A webhook takes part in one exchange only.
	Reorder float64
	// BadAnswers is the share of the API's answers that are any of Faults.
	BadAnswers float64
	// Lag is how far the API is behind the webhooks: it shows each session as it was
	// that long ago, or, where that is not long enough, unknown. 0: as it is.
	Lag time.Duration
	// LagVaries lets the API be behind by up to Lag, with each session in its own
	// way.
	LagVaries bool
	// Now is the clock that Lag is measured by; nil: the time of day.
	Now func() time.Time

	// Rate is how many webhooks a second are due; 0 sends as fast as they are
	// answered.
	Rate float64
	// Concurrency is how many webhooks are under way at once; 0 stands for the
	// simulator's own number.
	Concurrency int
	// HeaderPrefix is the prefix of the relay's headers; empty stands for
	// Hookdeck's.
	HeaderPrefix string
	// SigningSecret, if set, adds the relay's signature of the body.
	SigningSecret string
	// Client sends the webhooks; nil stands for the simulator's own.
	Client *http.Client
	// OnProgress, if set, is told four times a second how far a call of Live is.
	OnProgress func(simulator.Progress)
}

// Validate returns all faults of the configuration, joined, or nil. No fault
// quotes a secret.
func (c Config) Validate() error {
	var faults []error
	if c.Key == "" {
		faults = append(faults, errors.New("key: the key of the API is missing"))
	}
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"loss", c.Loss}, {"delay", c.Delay}, {"reorder", c.Reorder}, {"bad answers", c.BadAnswers},
	} {
		// The negation also catches NaN, which compares with nothing.
		if !(share.value >= 0 && share.value <= 1) {
			faults = append(faults, fmt.Errorf("%s: a share from 0 to 1 is expected, not %v", share.name, share.value))
		}
	}
	if c.Lag < 0 {
		faults = append(faults, fmt.Errorf("lag: a duration of 0s or more is expected, not %s", c.Lag))
	}
	// The target is known to Live only, which checks it.
	faults = append(faults, c.traffic("http://localhost/").Validate())
	return errors.Join(faults...)
}

// traffic is what the simulator needs to know to send webhooks to a URL.
func (c Config) traffic(target string) simulator.Config {
	return simulator.Config{
		URL: target, Sessions: c.Sessions, Seed: c.Seed, Corporate: c.Corporate,
		Duplicates: c.Duplicates, // not planned there, but checked
		Rate:       c.Rate, Concurrency: c.Concurrency, Client: c.Client, OnProgress: c.OnProgress,
		HeaderPrefix: c.HeaderPrefix, SigningSecret: c.SigningSecret,
	}
}

// String returns what can be told of a configuration: no key, no secret.
func (c Config) String() string {
	return fmt.Sprintf("fake Synaps of %d sessions, seed %d", c.Sessions, c.Seed)
}

// GoString returns the same as String.
func (c Config) GoString() string { return c.String() }
