package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dossier/application/reconcile"
)

// reconciliations count what reconciliation does.
type reconciliations struct {
	attempts             *prometheus.CounterVec
	differences, settled prometheus.Counter
}

func newReconciliations() reconciliations {
	return reconciliations{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_reconciliations_total",
			Help: "Attempts of this process to reconcile a session, by why and by what became of them.",
		}, []string{"cause", "outcome"}),
		differences: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_reconcile_differences_total",
			Help: "Changes that this process recorded because the provider's API showed them and no webhook had told.",
		}),
		settled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_reconcile_flags_settled_total",
			Help: "Flags that this process resolved by what the provider's API showed.",
		}),
	}
}

// Reconciled implements the meter of the reconciliation.
func (m *Metrics) Reconciled(c reconcile.Cause, o reconcile.Outcome, differences, settled int) {
	m.reconciled.attempts.WithLabelValues(c.String(), o.String()).Inc()
	m.reconciled.differences.Add(float64(differences))
	m.reconciled.settled.Add(float64(settled))
}

var unsettledDesc = prometheus.NewDesc("dossier_unsettled_oldest_seconds",
	"Time since the last event of the session of a status that has waited longest; 0 if there is none.", []string{"status"}, nil)

// unsettled collects how long sessions have not settled.
type unsettled struct {
	oldest func(context.Context) ([]reconcile.Oldest, error)
	now    func() time.Time
}

// Describe implements prometheus.Collector.
func (u *unsettled) Describe(ch chan<- *prometheus.Desc) { ch <- unsettledDesc }

// Collect implements prometheus.Collector. What can't be told is left out, not
// told as 0.
func (u *unsettled) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	all, err := u.oldest(ctx)
	if err != nil {
		return
	}
	now := u.now()
	for _, o := range all {
		waits := time.Duration(0)
		if !o.Since.IsZero() {
			waits = max(0, now.Sub(o.Since))
		}
		gauge(ch, unsettledDesc, waits.Seconds(), o.Status.String())
	}
}

// WatchUnsettled adds how long sessions have not settled, which is asked for at
// each scrape.
func (m *Metrics) WatchUnsettled(oldest func(context.Context) ([]reconcile.Oldest, error), now func() time.Time) {
	m.registry.MustRegister(&unsettled{oldest, now})
}
