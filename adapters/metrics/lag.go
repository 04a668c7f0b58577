package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dossier/application/query"
)

// scrapeTimeout bounds what a scrape waits for the database. When it does not
// answer, the scrape tells everything else.
const scrapeTimeout = 2 * time.Second

// lag collects how far the read models are.
type lag struct {
	progress func(context.Context) ([]query.Progress, error)
}

// Descriptions, fixed at start.
var (
	headDesc = prometheus.NewDesc("dossier_log_head",
		"Position of the last event of the log.", nil, nil)
	checkpointDesc = prometheus.NewDesc("dossier_projection_checkpoint",
		"Position up to which a read model is folded.", []string{"projection"}, nil)
	lagDesc = prometheus.NewDesc("dossier_projection_lag_events",
		"Events of the log that a read model has not seen.", []string{"projection"}, nil)
)

// Describe implements prometheus.Collector.
func (l *lag) Describe(ch chan<- *prometheus.Desc) {
	ch <- headDesc
	ch <- checkpointDesc
	ch <- lagDesc
}

// Collect implements prometheus.Collector.
func (l *lag) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	progress, err := l.progress(ctx)
	if err != nil {
		return // what can't be told is left out, not told as 0
	}
	for i, p := range progress {
		if i == 0 {
			ch <- prometheus.MustNewConstMetric(headDesc, prometheus.GaugeValue, float64(p.Head))
		}
		ch <- prometheus.MustNewConstMetric(checkpointDesc, prometheus.GaugeValue, float64(p.Checkpoint), p.Name)
		ch <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, float64(p.Lag()), p.Name)
	}
}
