package metrics_test

import (
	"strings"
	"testing"
	"time"

	"dossier/adapters/metrics"
	"dossier/adapters/synaps"
)

var _ synaps.Meter = (*metrics.Metrics)(nil)

func TestScrapeTellsWhatSynapsWasAsked(t *testing.T) {
	m := metrics.New("test")
	if text := scrape(t, m); strings.Contains(text, "dossier_synaps_budget_remaining") {
		t.Error("a budget is told although there is none")
	}
	m.SynapsCall("overview", "answered", 2*time.Second)
	m.SynapsCall("overview", "limited", time.Second)
	m.SynapsCall("details", "answered", time.Second)
	m.SynapsWaited(1500 * time.Millisecond)
	m.WatchSynaps(func() int { return 42 })
	text := scrape(t, m)
	for _, line := range []string{
		`dossier_synaps_calls_total{call="overview",outcome="answered"} 1`,
		`dossier_synaps_calls_total{call="overview",outcome="limited"} 1`,
		`dossier_synaps_calls_total{call="details",outcome="answered"} 1`,
		`dossier_synaps_call_seconds_sum{call="overview"} 3`,
		`dossier_synaps_call_seconds_count{call="details"} 1`,
		`dossier_synaps_budget_wait_seconds_sum 1.5`,
		`dossier_synaps_budget_remaining 42`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
}
