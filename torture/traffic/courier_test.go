package traffic_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dossier/torture/traffic"
)

// A courier goes from server to server until a webhook is acknowledged, counts its
// attempts in their headers, and has all of them recorded.
func TestACourierInsists(t *testing.T) {
	var mu sync.Mutex
	var counts []string
	server := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/webhooks/synaps/asked" || r.URL.Query().Get("secret") != "s3cr3t" {
				return // others' traffic
			}
			mu.Lock()
			counts = append(counts, r.Header.Get("x-hookdeck-attempt-count"))
			mu.Unlock()
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"type":"log-busy","outcome":"applied","position":7,"version":1}`))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	run, err := traffic.Start(t.Context(), traffic.Config{
		Seed: 1, Clients: 1, Rate: 0.001, Servers: []string{server(http.StatusOK), server(http.StatusServiceUnavailable)},
		Secret: "another", File: filepath.Join(t.TempDir(), "attempts"),
	})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, "http://nowhere.invalid/", strings.NewReader("{}"))
	request.Header.Set("Idempotency-Key", "evt_1")
	request.Header.Set("x-hookdeck-attempt-count", "3")
	answer, err := run.Courier("asked", "s3cr3t").RoundTrip(request)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%+v, %v", answer, err)
	}
	if !slices.Equal(counts, []string{"3", "4"}) {
		t.Errorf("the attempts were counted as %q", counts)
	}
	var standings []traffic.Standing
	for _, a := range run.Attempts() {
		if a.EventID != "evt_1" || a.Took > time.Minute {
			t.Errorf("recorded: %+v", a)
		}
		standings = append(standings, a.Standing)
	}
	if !slices.Equal(standings, []traffic.Standing{traffic.Refused, traffic.Acknowledged}) {
		t.Errorf("recorded: %q", standings)
	}
	if err := run.Drain(); err != nil {
		t.Fatal(err)
	}
}
