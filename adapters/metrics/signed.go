package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dossier/application/translog"
)

var (
	signedSizeDesc = prometheus.NewDesc("dossier_log_signed_size",
		"Events that the newest signed checkpoint of the transparency log covers.", nil, nil)
	signedAgeDesc = prometheus.NewDesc("dossier_log_signed_age_seconds",
		"Time since the newest checkpoint was signed; left out if there is none.", nil, nil)
	unsignedDesc = prometheus.NewDesc("dossier_log_unsigned_seconds",
		"Time since the first event was recorded that no checkpoint covers; 0 if there is none.", nil, nil)
)

// signed collects how far the signatures are.
type signed struct {
	standing func(context.Context) (translog.Standing, error)
	now      func() time.Time
}

// Describe implements prometheus.Collector.
func (s *signed) Describe(ch chan<- *prometheus.Desc) {
	ch <- signedSizeDesc
	ch <- signedAgeDesc
	ch <- unsignedDesc
}

// Collect implements prometheus.Collector. What can't be told is left out, not
// told as 0.
func (s *signed) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	standing, err := s.standing(ctx)
	if err != nil {
		return
	}
	now := s.now()
	gauge(ch, signedSizeDesc, float64(standing.Signed))
	if !standing.SignedAt.IsZero() {
		gauge(ch, signedAgeDesc, now.Sub(standing.SignedAt).Seconds())
	}
	waited := 0.0
	if !standing.Since.IsZero() {
		waited = max(0, now.Sub(standing.Since).Seconds())
	}
	gauge(ch, unsignedDesc, waited)
}

// WatchSigned adds size and age of the newest signed checkpoint. They are asked
// for at each scrape: any process may sign.
func (m *Metrics) WatchSigned(standing func(context.Context) (translog.Standing, error), now func() time.Time) {
	m.registry.MustRegister(&signed{standing, now})
}
