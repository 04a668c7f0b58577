package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// synaps counts requests to the API of Synaps.
type synaps struct {
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	waited  prometheus.Histogram
}

func newSynaps() synaps {
	return synaps{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_synaps_calls_total",
			Help: "Requests to the API of Synaps by what became of them, repetitions too.",
		}, []string{"call", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dossier_synaps_call_seconds", Help: "Time from such a request to its answer, or to none.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}, []string{"call"}),
		waited: histogram("dossier_synaps_budget_wait_seconds", "Time that such a request waited for the budget, also in vain.", 0.01, 12),
	}
}

// SynapsCall implements the meter of the client of Synaps' API.
func (m *Metrics) SynapsCall(call, outcome string, took time.Duration) {
	m.synaps.calls.WithLabelValues(call, outcome).Inc()
	m.synaps.seconds.WithLabelValues(call).Observe(took.Seconds())
}

// SynapsWaited implements the meter of the client of Synaps' API.
func (m *Metrics) SynapsWaited(waited time.Duration) { m.synaps.waited.Observe(waited.Seconds()) }

// WatchSynaps adds how many requests the budget allows at once, which is asked for
// at each scrape.
func (m *Metrics) WatchSynaps(remaining func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "dossier_synaps_budget_remaining",
		Help: "Requests to the API of Synaps that this process may send at once now; 0: they wait.",
	}, func() float64 { return float64(remaining()) }))
}
