package world

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dossier/adapters/fakesynaps"
	"dossier/domain/kyc"
)

// What the servers know of the app whose provider answers.
const (
	ProviderApp    = kyc.App("asked")
	ProviderSecret = "torture-provider-secret-0123456789"
	ProviderKey    = "torture-provider-key-0123456789"
)

// Settling is the servers' DOSSIER_PROVIDER_LAG: the provider's API is never
// further behind.
const Settling = 15 * time.Second

// Lie is what an answer of the provider says that isn't so, and whoever reads it
// with care can tell.
type Lie int32

// The lies.
const (
	Truth       Lie = iota
	AnotherOne      // about another session than was asked for
	NeverHeard      // 404 for a session that its webhooks told of
	NewWord         // a status that nobody knows
	TwoStatuses     // a status and then APPROVED
	lies
)

// LieOf returns a lie by any number.
func LieOf(n int64) Lie { return 1 + Lie(n%int64(lies-1)) }

// Provider is a fake Synaps whose sessions live for as long as it runs.
type Provider struct {
	*fakesynaps.Provider
	courier  courier
	lie      atomic.Int32
	listener net.Listener
	server   *http.Server
	serving  sync.WaitGroup

	cancel context.CancelFunc // of what lives
	stop   chan struct{}      // closed: no further lives
	living sync.WaitGroup
	fault  error // of what lived
}

// OpenProvider serves the API. No session lives before Live; then so many webhooks
// a second are sent, 0 stands for as many as are taken.
func OpenProvider(seed uint64, rate float64) (*Provider, error) {
	const (
		sessions    = 12 // at a time: few, so that they come to their ends
		concurrency = 4
	)
	p := &Provider{stop: make(chan struct{}), cancel: func() {}}
	var err error
	p.Provider, err = fakesynaps.New(fakesynaps.Config{
		Seed: ^seed, App: ProviderApp, Key: ProviderKey, Sessions: sessions, Corporate: 0.2,
		Delay: 0.15, Duplicates: 0.1, Rate: rate, Concurrency: concurrency,
		Lag:    time.Nanosecond, // so that no change is made long before its webhook
		Client: &http.Client{Transport: &p.courier},
	})
	if err != nil {
		return nil, err
	}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.server = &http.Server{Handler: p.lying(p.Handler()), ReadHeaderTimeout: 10 * time.Second}
	p.serving.Go(func() { _ = p.server.Serve(p.listener) }) // until it is closed
	return p, nil
}

// BaseURL is where the API answers.
func (p *Provider) BaseURL() string { return "http://" + p.listener.Addr().String() + "/v4" }

// Variables are what the servers are to know of it.
func (p *Provider) Variables() []string {
	return []string{
		"DOSSIER_SYNAPS_API_KEYS=" + string(ProviderApp) + "=" + ProviderKey,
		"DOSSIER_SYNAPS_BASE_URL=" + p.BaseURL(),
		"DOSSIER_SYNAPS_REQUESTS_PER_MINUTE=6000", "DOSSIER_PROVIDER_LAG=" + Settling.String(),
	}
}

// courier carries webhooks by what is known of it only when they begin.
type courier struct{ http.RoundTripper }

// Live lets sessions live, one lot after another, until Rest, and gives their
// webhooks to a courier.
func (p *Provider) Live(by http.RoundTripper) {
	p.courier.RoundTripper = by
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.living.Go(func() {
		for again := true; again; again = !p.resting() && ctx.Err() == nil && p.fault == nil {
			_, p.fault = p.Provider.Live(ctx, "http://torture.invalid/")
		}
	})
}

func (p *Provider) resting() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}

// Rest lets the sessions that live come to their ends and begins no others. What
// ctx ends early has not told everything.
func (p *Provider) Rest(ctx context.Context) error {
	close(p.stop)
	defer context.AfterFunc(ctx, p.cancel)()
	p.living.Wait()
	if p.fault != nil {
		return fmt.Errorf("the provider: %w", p.fault)
	}
	return nil
}

// Lies gives every answer from now on a lie, until the truth.
func (p *Provider) Lies(l Lie) { p.lie.Store(int32(l)) }

// Close ends it.
func (p *Provider) Close() error {
	p.cancel()
	err := p.server.Close()
	p.living.Wait()
	p.serving.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// lying spoils the answers of an API.
func (p *Provider) lying(honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lie := Lie(p.lie.Load())
		switch lie {
		case NeverHeard:
			http.Error(w, `{"code":"NOT_FOUND","message":"unknown session"}`, http.StatusNotFound)
		case AnotherOne:
			p.aboutAnother(honest, w, r)
		case NewWord, TwoStatuses:
			spoilStatus(honest, lie, w, r)
		default:
			honest.ServeHTTP(w, r)
		}
	})
}

// aboutAnother answers with an approved session, if there is one.
func (p *Provider) aboutAnother(honest http.Handler, w http.ResponseWriter, r *http.Request) {
	for _, s := range p.Truth() {
		if s.Status == kyc.Approved && !strings.HasSuffix(r.URL.Path, string(s.ID)) {
			other := r.Clone(r.Context())
			other.URL.Path = "/v4/" + s.Kind.String() + "/session/" + string(s.ID)
			honest.ServeHTTP(w, other)
			return
		}
	}
	http.Error(w, "{}", http.StatusNotFound)
}

// spoilStatus says another status of the session than it has.
func spoilStatus(honest http.Handler, lie Lie, w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	honest.ServeHTTP(answer, r)
	var shown struct {
		Session struct {
			Status string `json:"status"`
		} `json:"session"`
	}
	text := answer.Body.Bytes()
	if json.Unmarshal(text, &shown) == nil && shown.Session.Status != "" {
		status := `"status":"` + shown.Session.Status + `"`
		instead := `"status":"CERTIFIED"`
		if lie == TwoStatuses {
			instead = status + `,"status":"APPROVED"`
		}
		text = []byte(strings.ReplaceAll(string(text), status, instead))
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = bytes.NewReader(text).WriteTo(w)
}
