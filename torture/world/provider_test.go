package world_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"dossier/adapters/synaps"
	"dossier/domain/kyc"
	"dossier/torture/world"
)

// accepting takes every webhook.
type accepting struct{}

func (accepting) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(strings.NewReader(`{"outcome":"applied"}`))}, nil
}

// A lie says what isn't so, and whoever reads it with care takes no status from it.
func TestNoLieIsAStatusThatCanBeTaken(t *testing.T) {
	p, err := world.OpenProvider(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	p.Live(accepting{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := p.Rest(ctx); err != nil {
		t.Fatal(err)
	}
	client, err := synaps.New(synaps.Config{
		Keys: map[kyc.App]string{world.ProviderApp: world.ProviderKey}, BaseURL: p.BaseURL(), RequestsPerMinute: 100_000,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	refused := 0
	for lie := range int64(8) {
		for _, s := range p.Truth() {
			p.Lies(world.LieOf(lie))
			shown, err := client.Overview(ctx, world.ProviderApp, s.ID, s.Kind)
			if status, known := kyc.ParseStatus(shown.Status); known && err == nil {
				t.Errorf("lie %d is taken for %s", lie, status)
			}
			if err != nil {
				refused++
			}
			p.Lies(world.Truth)
			if shown, err := client.Overview(ctx, world.ProviderApp, s.ID, s.Kind); err != nil || shown.Status != s.Status.String() {
				t.Errorf("the truth is %s, shown is %q, %v", s.Status, shown.Status, err)
			}
		}
	}
	if refused == 0 {
		t.Error("no lie was refused as unreadable")
	}
}
