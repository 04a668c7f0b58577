package synaps

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"dossier/adapters/httpfault"
	"dossier/application/reconcile"
)

const (
	// maxOverview and maxDetails bound, in bytes, the answers; maxRefusal those that
	// are none. Details may hold pictures.
	maxOverview = 1 << 20
	maxDetails  = 8 << 20
	maxRefusal  = 64 << 10
	// maxHeader bounds, in bytes, the header of an answer.
	maxHeader = 64 << 10
	// maxRetryAfter bounds what an answer may ask for.
	maxRetryAfter = time.Hour
	// idleConnections is how many connections are kept for the next requests, and
	// idleTimeout how long.
	idleConnections = 16
	idleTimeout     = 90 * time.Second
)

func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  proxyOf(http.ProxyFromEnvironment),
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true, // a transport with a TLS configuration does not by itself
		DisableCompression:     true, // the limits are those of what is read
		MaxIdleConnsPerHost:    idleConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// proxyOf uses a proxy of the environment, by which many firms reach the internet.
// One for plain http would see the key.
func proxyOf(environment func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if r.URL.Scheme != "https" {
			return nil, nil
		}
		return environment(r)
	}
}

// send sends one request, whose answer the question reads.
func (c *Client) send(ctx context.Context, q question) (err error) {
	sent := time.Now()
	defer func() { c.meter.SynapsCall(q.call, outcomeOf(err), time.Since(sent)) }()
	limited, stop := context.WithTimeout(ctx, c.timeout)
	defer stop()
	// Not by an http.Client: it would follow redirects, with the key.
	answer, err := c.transport.RoundTrip(c.request(limited, q))
	if err != nil {
		return c.silence(ctx, limited, err)
	}
	defer answer.Body.Close()
	limit := q.limit
	if answer.StatusCode != http.StatusOK {
		limit = maxRefusal
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNotFound:
		return verdict(answer) // whatever the rest is
	case err != nil:
		return c.silence(ctx, limited, err)
	case int64(len(body)) > limit:
		return unreadable("it is too long")
	case answer.StatusCode == http.StatusNotFound:
		return missing(body)
	default:
		return q.read(answer.Header.Get("Content-Type"), body)
	}
}

func (c *Client) request(ctx context.Context, q question) *http.Request {
	u := under(c.base, q.path)
	return (&http.Request{
		Method: http.MethodGet, URL: u, Host: u.Host,
		Header: http.Header{
			"Api-Key":    {q.key},
			"Accept":     {"application/json"},
			"User-Agent": {c.agent},
			// An answer that is older than the question would be taken for news.
			"Cache-Control": {"no-cache"},
		},
	}).WithContext(ctx)
}

// silence is that no answer, or not all of it, came. An ended ctx of the caller
// stays what it is.
func (c *Client) silence(ctx, limited context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return interrupted(ctx)
	case limited.Err() != nil:
		err = fmt.Errorf("not within %v", c.timeout)
	default:
		err = httpfault.Cause(err)
	}
	return fmt.Errorf("%w: %w", &reconcile.Unavailable{}, err)
}

// verdict is what a status says that is neither 200 nor 404.
func verdict(answer *http.Response) error {
	status := answer.StatusCode
	switch {
	case status >= 500, status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
		wait := httpfault.RetryAfter(answer.Header.Get("Retry-After"), time.Now(), maxRetryAfter)
		return &reconcile.Unavailable{Status: status, RetryAfter: wait}
	case status >= 400:
		return fmt.Errorf("%w: it answered %d", reconcile.ErrRefused, status)
	default: // a redirect, among others
		return unreadable(fmt.Sprintf("its status is %d", status))
	}
}

// missing says whether a 404 is the API's own: a proxy, or a base URL that is
// wrong, must not make sessions unknown.
func missing(body []byte) error {
	m, err := members(body)
	if err != nil || absent(m["code"]) || absent(m["message"]) {
		return unreadable("its status is 404, and it is no error of the API")
	}
	return reconcile.ErrNotFound
}

func unreadable(why string) error {
	return fmt.Errorf("%w: %w", reconcile.ErrAnswer, errors.New(why))
}
