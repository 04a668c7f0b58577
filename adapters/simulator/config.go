package simulator

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"regexp"
)

const (
	// DefaultConcurrency is how many webhooks are under way at once if a
	// Config does not say.
	DefaultConcurrency = 32
	// DefaultHeaderPrefix is the prefix of the relay's headers if a Config does
	// not say.
	DefaultHeaderPrefix = "x-hookdeck"
)

// Config says what to send, and where to. Shares and fault rates go from 0
// (none) to 1 (all of what they name).
type Config struct {
	// URL is the complete webhook URL, with its secret.
	URL string
	// Sessions is how many sessions live; at least 1.
	Sessions int
	// Rate is how many deliveries a second are due, retries not counted. The
	// loop is open: what a slow server delays is sent later, never skipped.
	// 0 sends as fast as the server answers.
	Rate float64
	// Concurrency is how many webhooks are under way at once; 0 stands for
	// DefaultConcurrency. The plan keeps 1,024 sessions alive, and above that
	// number more concurrency has no effect.
	Concurrency int
	// Seed makes the plan repeatable; every value is a seed.
	Seed uint64

	// Corporate is the share of sessions that verify a company.
	Corporate float64
	// V3 is the share of sessions in the older vocabulary, that of `state`.
	V3 float64

	// Duplicates is the share of deliveries, faults included, that come once
	// more, up to four places later in their session.
	Duplicates float64
	// Late is the share of PENDING_VERIFICATIONs, among those that a result of
	// the same track follows, that come after that result.
	Late float64
	// Reordered is the chance of a delivery to be overtaken by the next of its
	// session, which it then follows at once. A delivery takes part in one
	// exchange only, so at 1 every second one is overtaken.
	Reordered float64
	// Forbidden is the share of APPROVEDs and REJECTEDs, those of other faults
	// excepted, that a further delivery follows which the state machine forbids.
	Forbidden float64
	// Unknown is the share of deliveries, further ones excepted, that a further
	// delivery with an undocumented status follows.
	Unknown float64

	// HeaderPrefix is the prefix of the relay's headers; empty stands for
	// DefaultHeaderPrefix.
	HeaderPrefix string
	// SigningSecret, if set, adds the relay's signature of the body.
	SigningSecret string
	// Client sends the webhooks; nil stands for one with a kept connection for
	// each webhook under way and the relay's time limit of 60 s. Redirects are
	// not followed: to the relay they are a refusal.
	Client *http.Client
	// OnProgress, if set, is told four times a second how far the run is, and
	// once at its end. It is never called twice at the same time.
	OnProgress func(Progress)
}

// Validate returns all faults of the configuration, joined, or nil. No fault
// quotes the URL or a secret.
func (c Config) Validate() error {
	faults := []error{c.urlFault(), c.prefixFault()}
	if c.Sessions < 1 {
		faults = append(faults, fmt.Errorf("sessions: at least 1 is expected, not %d", c.Sessions))
	}
	if c.Concurrency < 0 {
		faults = append(faults, fmt.Errorf("concurrency: 0 or more is expected, not %d", c.Concurrency))
	}
	if !(c.Rate >= 0) || math.IsInf(c.Rate, 0) {
		faults = append(faults, fmt.Errorf("rate: a number of webhooks a second is expected, not %v", c.Rate))
	}
	for _, share := range c.shares() {
		// The negation also catches NaN, which compares with nothing.
		if !(share.value >= 0 && share.value <= 1) {
			faults = append(faults, fmt.Errorf("%s: a share from 0 to 1 is expected, not %v", share.name, share.value))
		}
	}
	return errors.Join(faults...)
}

type share struct {
	name  string
	value float64
}

func (c Config) shares() []share {
	return []share{
		{"corporate", c.Corporate}, {"v3", c.V3},
		{"duplicates", c.Duplicates}, {"late", c.Late}, {"reordered", c.Reordered},
		{"forbidden", c.Forbidden}, {"unknown", c.Unknown},
	}
}

// urlFault tells what is wrong without the error of url.Parse, which quotes
// the URL and with it the secret.
func (c Config) urlFault() error {
	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return errors.New("url: the webhook URL is missing")
	case err != nil:
		return errors.New("url: this is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("url: http:// or https:// is expected at the start")
	case u.Hostname() == "":
		return errors.New("url: the host is missing")
	default:
		return nil
	}
}

var prefixForm = regexp.MustCompile(`^[A-Za-z0-9-]+$`)

func (c Config) prefixFault() error {
	if c.HeaderPrefix == "" || prefixForm.MatchString(c.HeaderPrefix) {
		return nil
	}
	return fmt.Errorf("header prefix: letters, digits and - are expected, not %q", c.HeaderPrefix)
}

func (c Config) withDefaults() Config {
	if c.Concurrency == 0 {
		c.Concurrency = DefaultConcurrency
	}
	if c.HeaderPrefix == "" {
		c.HeaderPrefix = DefaultHeaderPrefix
	}
	return c
}

// String returns what can be told of a configuration: no URL, no secret.
func (c Config) String() string {
	return fmt.Sprintf("simulator of %d sessions, seed %d", c.Sessions, c.Seed)
}

// GoString returns the same as String.
func (c Config) GoString() string { return c.String() }
