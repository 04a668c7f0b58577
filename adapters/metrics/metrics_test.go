package metrics_test

import (
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/application/query"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestScrapeTellsWhatWasMetered(t *testing.T) {
	m := metrics.New("1.2.3")
	m.Webhook("applied", time.Millisecond)
	m.Webhook("applied", time.Millisecond)
	m.Webhook("unauthorized", time.Millisecond)
	m.Batch(3, 5, 4*time.Millisecond, time.Millisecond)
	m.Queued(7)
	m.Streams(3)
	m.StreamEnded("slow")
	m.ProjectionStep("sessions", 5, 12, time.Millisecond)
	m.Watch(func(context.Context) ([]query.Progress, error) {
		return []query.Progress{{Name: "sessions", Checkpoint: 12, Head: 20}}, nil
	})
	text := scrape(t, m)
	for _, line := range []string{
		`dossier_build_info{version="1.2.3"} 1`,
		`dossier_webhooks_total{outcome="applied"} 2`,
		`dossier_webhooks_total{outcome="unauthorized"} 1`,
		`dossier_webhook_seconds_count 3`,
		`dossier_append_batch_size_sum 3`,
		`dossier_append_events_total 5`,
		`dossier_append_commit_seconds_count 1`,
		`dossier_append_queue_length 7`,
		`dossier_projection_events_total{projection="sessions"} 5`,
		`dossier_streams 3`,
		`dossier_streams_ended_total{reason="slow"} 1`,
		`dossier_log_head 20`,
		`dossier_projection_checkpoint{projection="sessions"} 12`,
		`dossier_projection_lag_events{projection="sessions"} 8`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
}

func TestScrapeLeavesOutWhatTheDatabaseDoesNotTell(t *testing.T) {
	m := metrics.New("test")
	m.Watch(func(context.Context) ([]query.Progress, error) { return nil, errors.New("away") })
	text := scrape(t, m)
	if strings.Contains(text, "dossier_log_head") {
		t.Error("the head is told although it is unknown")
	}
	if !strings.Contains(text, "dossier_build_info") {
		t.Error("the rest is missing")
	}
}
