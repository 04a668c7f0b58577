package synaps

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// DefaultBaseURL is where Synaps has its API.
const DefaultBaseURL = "https://api.synaps.io/v4"

const (
	// defaultPerMinute is what Synaps allows an IP address.
	defaultPerMinute = 500
	defaultTimeout   = 10 * time.Second
	defaultTries     = 4
)

// Config is what a client needs. Nothing in it is required: an app without a key
// is one that can't be asked for. It prints without its keys.
type Config struct {
	// Keys of the apps, sent as the header Api-Key.
	Keys map[kyc.App]string
	// BaseURL of the API; empty: DefaultBaseURL. It must be https, for each request
	// has a key and the id of a session; plain http is for this machine.
	BaseURL string
	// AllowPlain lets plain http be used to other machines.
	AllowPlain bool
	// RequestsPerMinute of the process, over all apps; 0: 500.
	RequestsPerMinute int
	Timeout           time.Duration // of a request; 0: 10 s
	Tries             int           // of a call, at most; 0: 4
	Version           string        // of the service, for the User-Agent
	Meter             Meter         // nil: nothing is metered
	// Jitter returns a number from 0 up to 1, by which waits differ; nil: a random
	// one.
	Jitter func() float64
	Roots  *x509.CertPool // who may sign certificates; nil: who the system trusts
}

// Client asks. It is safe for concurrent use.
type Client struct {
	*shared
	slow bool
}

// shared is what a client and its slow one have in common.
type shared struct {
	// keys returns the key of an app. A map would be printed with what is around it.
	keys      func(kyc.App) (key string, ok bool)
	base      *url.URL
	transport http.RoundTripper
	budget    *budget
	timeout   time.Duration
	tries     int
	agent     string
	meter     Meter
	jitter    func() float64
	// down: a call has tried in vain to its end, and none was answered since.
	down atomic.Bool
}

var _ reconcile.Provider = (*Client)(nil)

// New returns a client. It connects to nothing yet. Its errors tell all that is
// wrong, and repeat neither a key nor the URL.
func New(c Config) (*Client, error) {
	base, err := parseBase(cmp.Or(c.BaseURL, DefaultBaseURL), c.AllowPlain)
	if err = errors.Join(err, checkKeys(c.Keys), c.checkNumbers()); err != nil {
		return nil, err
	}
	if c.Meter == nil {
		c.Meter = unmetered{}
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return &Client{shared: &shared{
		keys: keysOf(c.Keys), base: base, transport: newTransport(c.Roots),
		budget:  newBudget(cmp.Or(c.RequestsPerMinute, defaultPerMinute)),
		timeout: cmp.Or(c.Timeout, defaultTimeout), tries: cmp.Or(c.Tries, defaultTries),
		agent: "dossier/" + cmp.Or(c.Version, "unknown"), meter: c.Meter, jitter: c.Jitter,
	}}, nil
}

// Slow returns a client for what can wait, such as a sweep over many sessions. It
// shares the budget, uses half of it at most, and only what the others leave: a
// part is always kept for them. It waits for as long as that takes.
func (c *Client) Slow() *Client { return &Client{c.shared, true} }

// Remaining returns how many requests the budget allows at once now.
func (c *Client) Remaining() int { return c.budget.remaining() }

// Close closes the connections that are not in use.
func (c *Client) Close() {
	if t, ok := c.transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Knows implements [reconcile.Provider].
func (c *Client) Knows(app kyc.App) bool {
	_, ok := c.keys(app)
	return ok
}

// Overview implements [reconcile.Provider]. The kind only says where to ask
// first: a session is unknown if the provider has none of either kind, for a kind
// may have been inferred from too little, and unknown is recorded for good.
func (c *Client) Overview(ctx context.Context, app kyc.App, session kyc.SessionID, kind kyc.Kind) (kyc.Snapshot, error) {
	key, ok := c.keys(app)
	if !ok {
		return kyc.Snapshot{}, reconcile.ErrNoKey
	}
	for _, where := range places(kind) {
		path, ok := where.session(session)
		if !ok {
			break
		}
		var snapshot kyc.Snapshot
		err := c.ask(ctx, question{
			call: callOverview, key: key, path: path, limit: maxOverview,
			read: func(contentType string, body []byte) (err error) {
				snapshot, err = overviewOf(contentType, body, session)
				return err
			},
		})
		if !errors.Is(err, reconcile.ErrNotFound) {
			snapshot.Company = err == nil && where == corporate
			return snapshot, err
		}
	}
	return kyc.Snapshot{Unknown: true}, nil
}

// Details implements [reconcile.Provider]. The kind says where to ask first.
func (c *Client) Details(ctx context.Context, r reconcile.DetailsRequest) (reconcile.Details, error) {
	key, ok := c.keys(r.App)
	if !ok {
		return reconcile.Details{}, reconcile.ErrNoKey
	}
	for _, where := range places(r.Kind) {
		path, ok := where.step(r)
		if !ok {
			break
		}
		var details reconcile.Details
		err := c.ask(ctx, question{
			call: callDetails, key: key, path: path, limit: maxDetails,
			read: func(contentType string, body []byte) (err error) {
				details, err = detailsOf(contentType, body)
				return err
			},
		})
		if !errors.Is(err, reconcile.ErrNotFound) {
			return details, err
		}
	}
	return reconcile.Details{}, reconcile.ErrNotFound
}

// Format keeps the keys out of whatever is printed.
func (Client) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "[synaps]") }
