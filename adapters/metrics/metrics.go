// Package metrics counts what the service does, for Prometheus. Its labels are
// closed sets: outcomes, types of problems and names of read models, of consumer
// groups and of relays; and a bounded number of statuses that a provider made up.
// No session, app or delivery ever becomes one.
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dossier/application/query"
)

// Metrics implements the meters of the webhook port, the store, the
// projections, the relays, the reconciliation and the client of Synaps' API. It
// is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry

	webhooks        *prometheus.CounterVec
	webhookSeconds  prometheus.Histogram
	unknownStatuses *prometheus.CounterVec
	statusLabels    labels
	unnamed         prometheus.Counter
	batchAppends    prometheus.Histogram
	batchEvents     prometheus.Counter
	cutBacks        prometheus.Counter
	clockBehind     prometheus.Gauge
	batchSeconds    prometheus.Histogram
	commitSeconds   prometheus.Histogram
	queued          prometheus.Gauge
	unreplicated    prometheus.Counter
	unconfirmed     prometheus.Gauge
	projectedEvents *prometheus.CounterVec
	stepSeconds     *prometheus.HistogramVec
	streams         prometheus.Gauge
	streamsEnded    *prometheus.CounterVec
	relayed         *prometheus.CounterVec
	reconciled      reconciliations
	synaps          synaps
}

// ClockBehind implements sqlstore's ClockMeter.
func (m *Metrics) ClockBehind(by time.Duration) { m.clockBehind.Set(by.Seconds()) }

// CutBack implements sqlstore's HistoryMeter.
func (m *Metrics) CutBack() { m.cutBacks.Inc() }

// New returns metrics of their own registry, with those of the process and a
// constant that tells the version.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		webhooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_webhooks_total",
			Help: "Webhooks by what was answered: an outcome, or the type of a problem.",
		}, []string{"outcome"}),
		webhookSeconds: histogram("dossier_webhook_seconds", "Time from a webhook's arrival to its answer.", 0.0005, 16),
		unknownStatuses: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_webhooks_unknown_status_total",
			Help: "Webhooks that were discarded, by their status: the first 20 that are words, the others together.",
		}, []string{"status"}),
		unnamed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_webhooks_without_delivery_id_total",
			Help: "Webhooks that came without a delivery id, so that one which is sent again is not told from a new one.",
		}),
		batchAppends: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dossier_append_batch_size", Help: "Appends that shared a commit.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		batchEvents: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_append_events_total", Help: "Events appended by this process.",
		}),
		cutBacks: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_log_cut_back_total",
			Help: "Times that this process found the database without events that it knew to be committed.",
		}),
		clockBehind: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dossier_clock_behind_seconds",
			Help: "By how much this server's clock was behind the last event of the log, at its last append.",
		}),
		batchSeconds:  histogram("dossier_append_batch_seconds", "Time from a batch's first statement to its commit.", 0.0005, 14),
		commitSeconds: histogram("dossier_append_commit_seconds", "Time of the commit alone, which waits for the disk.", 0.0001, 14),
		queued: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dossier_append_queue_length", Help: "Appends that wait behind the batch that was taken last.",
		}),
		unreplicated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dossier_append_unreplicated_total", Help: "Appends that were refused because no synchronous standby confirmed them.",
		}),
		unconfirmed: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dossier_log_unconfirmed_events", Help: "Events in the database that no synchronous standby has confirmed: nobody is given them.",
		}),
		projectedEvents: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_projection_events_total", Help: "Events that this process folded into a read model.",
		}, []string{"projection"}),
		stepSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "dossier_projection_step_seconds", Help: "Time of one step of a projection.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
		}, []string{"projection"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{Name: "dossier_streams", Help: "Live streams that are served."}),
		streamsEnded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_streams_ended_total", Help: "Live streams that ended, by why.",
		}, []string{"reason"}),
		relayed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dossier_relay_messages_total",
			Help: "Messages that this process relayed, by what became of them; one that failed may be published later.",
		}, []string{"relay", "outcome"}),
		reconciled: newReconciliations(),
		synaps:     newSynaps(),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "dossier_build_info", Help: "1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build,
		m.webhooks, m.webhookSeconds, m.unknownStatuses, m.unnamed, m.batchAppends, m.batchEvents, m.cutBacks, m.clockBehind, m.batchSeconds, m.commitSeconds, m.queued,
		m.unreplicated, m.unconfirmed,
		m.projectedEvents, m.stepSeconds, m.streams, m.streamsEnded, m.relayed,
		m.reconciled.attempts, m.reconciled.differences, m.reconciled.settled,
		m.synaps.calls, m.synaps.seconds, m.synaps.waited,
	)
	return m
}

func histogram(name, help string, first float64, buckets int) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(first, 2, buckets),
	})
}

// Webhook implements the meter of the webhook port.
func (m *Metrics) Webhook(outcome string, took time.Duration) {
	m.webhooks.WithLabelValues(outcome).Inc()
	m.webhookSeconds.Observe(took.Seconds())
}

// UnknownStatus implements the meter of the webhook port.
func (m *Metrics) UnknownStatus(status string) {
	m.unknownStatuses.WithLabelValues(m.statusLabels.of(status)).Inc()
}

// WithoutDeliveryID implements the meter of the webhook port.
func (m *Metrics) WithoutDeliveryID() { m.unnamed.Inc() }

// Batch implements the meter of the store.
func (m *Metrics) Batch(appends, events int, took, commit time.Duration) {
	m.batchAppends.Observe(float64(appends))
	m.batchEvents.Add(float64(events))
	m.batchSeconds.Observe(took.Seconds())
	m.commitSeconds.Observe(commit.Seconds())
}

// Queued implements the meter of the store.
func (m *Metrics) Queued(n int) { m.queued.Set(float64(n)) }

// Unreplicated implements the meter of the store.
func (m *Metrics) Unreplicated(appends int) { m.unreplicated.Add(float64(appends)) }

// Unconfirmed implements the meter of the store.
func (m *Metrics) Unconfirmed(events int64) { m.unconfirmed.Set(float64(events)) }

// ProjectionStep implements the meter of the projections.
func (m *Metrics) ProjectionStep(name string, events int, _ int64, took time.Duration) {
	m.projectedEvents.WithLabelValues(name).Add(float64(events))
	m.stepSeconds.WithLabelValues(name).Observe(took.Seconds())
}

// Streams implements the meter of the live streams.
func (m *Metrics) Streams(n int) { m.streams.Set(float64(n)) }

// StreamEnded implements the meter of the live streams.
func (m *Metrics) StreamEnded(why string) { m.streamsEnded.WithLabelValues(why).Inc() }

// Watch adds the head of the log and the progress of the read models, which
// are asked for at each scrape: the process that projects may be another one.
func (m *Metrics) Watch(progress func(context.Context) ([]query.Progress, error)) {
	m.registry.MustRegister(&lag{progress})
}

// Handler answers scrapes.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
