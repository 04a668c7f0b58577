package receiver

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"dossier/application/relay"
)

const (
	// defaultTimeout is how long a delivery may take.
	defaultTimeout = 10 * time.Second
	// maxAnswer bounds, in bytes, what is read of an answer, to use its
	// connection again. Nothing in it is looked at.
	maxAnswer = 64 << 10
	// contentType is that of a CloudEvent in JSON.
	contentType = "application/cloudevents+json"
)

// Config is what a receiver needs. URL and Secrets are required.
type Config struct {
	// URL of the endpoint, https unless AllowPrivate. A name and a password in it
	// are sent as HTTP Basic authentication.
	URL string
	// Secrets sign each delivery, one signature for each, so that the endpoint
	// can change from one to another: "whsec_" and 24 to 64 bytes in base64.
	Secrets []string
	// AllowPrivate lets addresses that are not public be dialled, and these by
	// plain http, too.
	AllowPrivate bool
	Timeout      time.Duration    // of a delivery; 0: 10 s
	Version      string           // of the service, for the User-Agent
	Now          func() time.Time // nil: time.Now
	Roots        *x509.CertPool   // who may sign certificates; nil: who the system trusts
	Resolver     *net.Resolver    // of names; nil: the system's
}

// Receiver implements [relay.Receiver]. It is safe for concurrent use.
type Receiver struct {
	endpoint  endpoint
	signers   []*standardwebhooks.Webhook
	transport *http.Transport
	timeout   time.Duration
	agent     string
	now       func() time.Time
}

var _ relay.Receiver = (*Receiver)(nil)

// New returns a receiver. It connects to nothing yet. Its errors repeat neither
// the URL nor a secret.
func New(c Config) (*Receiver, error) {
	to, err := parseEndpoint(c.URL, c.AllowPrivate)
	if err != nil {
		return nil, err
	}
	signers, err := newSigners(c.Secrets)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	reach := reach{private: c.AllowPrivate, public: to.url.Scheme == "https"}
	return &Receiver{
		endpoint: to, signers: signers, transport: newTransport(reach, c.Resolver, c.Roots),
		timeout: cmp.Or(c.Timeout, defaultTimeout), agent: "dossier/" + cmp.Or(c.Version, "unknown"), now: c.Now,
	}, nil
}

// Close closes the connections that are not in use.
func (r *Receiver) Close() { r.transport.CloseIdleConnections() }

// Deliver implements [relay.Receiver]. It tries once, on another connection if
// the one that was kept turns out to be closed.
func (r *Receiver) Deliver(ctx context.Context, m relay.Message) error {
	limited, stop := context.WithTimeout(ctx, r.timeout)
	defer stop()
	request, err := r.request(limited, m)
	if err != nil {
		return &relay.Failure{Err: err}
	}
	// Not by an http.Client: it would follow redirects.
	answer, err := r.transport.RoundTrip(request)
	if err != nil {
		return &relay.Failure{Err: r.cause(ctx, limited, err)}
	}
	discard(answer.Body)
	return r.verdict(answer)
}

// verdict is what an answer means.
func (r *Receiver) verdict(answer *http.Response) error {
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode == http.StatusGone:
		return relay.ErrGone
	default:
		wait := retryAfter(answer.Header.Get("Retry-After"), r.now())
		return &relay.Failure{Status: answer.StatusCode, RetryAfter: wait}
	}
}

func (r *Receiver) request(ctx context.Context, m relay.Message) (*http.Request, error) {
	at := r.now()
	signatures, err := sign(r.signers, m.Event.EventID, at, m.Body)
	if err != nil {
		return nil, err
	}
	request := (&http.Request{
		Method: http.MethodPost, URL: r.endpoint.url, Host: r.endpoint.url.Host,
		Header: http.Header{
			"Content-Type":                          {contentType},
			"User-Agent":                            {r.agent},
			standardwebhooks.HeaderWebhookID:        {m.Event.EventID},
			standardwebhooks.HeaderWebhookTimestamp: {strconv.FormatInt(at.Unix(), 10)},
			standardwebhooks.HeaderWebhookSignature: {signatures},
			// Not sent. It lets the transport send anew when a connection that it kept
			// turns out to be closed: a repetition has the same webhook-id.
			"Idempotency-Key": {},
		},
		Body:          io.NopCloser(bytes.NewReader(m.Body)),
		GetBody:       func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.Body)), nil },
		ContentLength: int64(len(m.Body)),
	}).WithContext(ctx)
	if r.endpoint.user != nil {
		password, _ := r.endpoint.user.Password()
		request.SetBasicAuth(r.endpoint.user.Username(), password)
	}
	return request, nil
}

// discard reads an answer to its end, if that is near, so that its connection
// can be used again. What the answer says was said by its status: a fault in
// the rest changes nothing.
func discard(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxAnswer)
	_ = body.Close()
}

// String keeps the URL and the secrets out of what is printed.
func (*Receiver) String() string { return "[receiver]" }

// GoString keeps them out of what is printed by %#v.
func (r *Receiver) GoString() string { return fmt.Sprint(r) }
