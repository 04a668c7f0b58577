package fakesynaps_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"dossier/adapters/fakesynaps"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiKey = "an-api-key"
	secret = "s3cr3t"
	target = "http://dossier.test/webhooks/synaps?secret=" + secret
)

// newProvider returns a provider whose webhooks a handler takes.
func newProvider(tb testing.TB, cfg fakesynaps.Config, receiver http.Handler) *fakesynaps.Provider {
	tb.Helper()
	cfg.Key, cfg.Client = apiKey, clientOf(receiver)
	p, err := fakesynaps.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// live plays all lives of a provider and returns what was done.
func live(tb testing.TB, p *fakesynaps.Provider) fakesynaps.Summary {
	tb.Helper()
	summary, err := p.Live(tb.Context(), target)
	if err != nil {
		tb.Fatal(err)
	}
	return summary
}

// direct calls a handler without a network.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// accepting takes every webhook.
func accepting(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(`{"outcome":"applied"}`)) }

// clientOf returns a client that reaches nothing but a handler.
func clientOf(h http.Handler) *http.Client { return &http.Client{Transport: direct{h}} }
