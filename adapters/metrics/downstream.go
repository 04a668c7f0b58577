package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dossier/application/consumer"
	"dossier/application/eventlog"
	"dossier/application/relay"
)

// downstream collects how far consumer groups and relays are.
type downstream struct {
	groups   func(context.Context) ([]consumer.Group, error)
	backlogs func(context.Context) ([]relay.Backlog, error)
	now      func() time.Time
}

// Descriptions, fixed at start.
var (
	groupEventsDesc = prometheus.NewDesc("dossier_group_lag_events",
		"Events of the log that a consumer group has not consumed.", []string{"topic", "group"}, nil)
	groupSecondsDesc = prometheus.NewDesc("dossier_group_lag_seconds",
		"Time since the first of them was recorded; 0 if there is none.", []string{"topic", "group"}, nil)
	relayEventsDesc = prometheus.NewDesc("dossier_relay_lag_events",
		"Events of the log that a relay has not sent, deferred or left out.", []string{"relay"}, nil)
	relaySecondsDesc = prometheus.NewDesc("dossier_relay_lag_seconds",
		"Time since the first of them was recorded; 0 if there is none.", []string{"relay"}, nil)
	deferredDesc = prometheus.NewDesc("dossier_relay_deferred",
		"Messages that a receiver has not accepted: those that are tried again, and those that wait for a person.",
		[]string{"relay", "state"}, nil)
)

// Describe implements prometheus.Collector.
func (d *downstream) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{groupEventsDesc, groupSecondsDesc, relayEventsDesc, relaySecondsDesc, deferredDesc} {
		ch <- desc
	}
}

// Collect implements prometheus.Collector. What can't be told is left out, not
// told as 0.
func (d *downstream) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	groups, err := d.groups(ctx)
	if err != nil {
		return
	}
	d.collectGroups(ch, groups)
	backlogs, err := d.backlogs(ctx)
	if err != nil {
		return
	}
	collectBacklogs(ch, groups, backlogs)
}

func gauge(ch chan<- prometheus.Metric, desc *prometheus.Desc, value float64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

// collectGroups tells the lags. Those of other topics than the log are not
// known.
func (d *downstream) collectGroups(ch chan<- prometheus.Metric, groups []consumer.Group) {
	now := d.now()
	for _, g := range groups {
		if g.Topic != eventlog.Topic {
			continue
		}
		if name, ok := g.Relay(); ok {
			gauge(ch, relayEventsDesc, float64(g.Lag()), name)
			gauge(ch, relaySecondsDesc, g.Delay(now).Seconds(), name)
			continue
		}
		gauge(ch, groupEventsDesc, float64(g.Lag()), g.Topic, g.Name)
		gauge(ch, groupSecondsDesc, g.Delay(now).Seconds(), g.Topic, g.Name)
	}
}

// collectBacklogs tells what each relay has deferred, also that it is nothing:
// an alert must be able to end.
func collectBacklogs(ch chan<- prometheus.Metric, groups []consumer.Group, backlogs []relay.Backlog) {
	of := map[string]relay.Backlog{}
	for _, g := range groups {
		if name, ok := g.Relay(); ok {
			of[name] = relay.Backlog{}
		}
	}
	for _, b := range backlogs {
		of[b.Relay] = b
	}
	for name, b := range of {
		gauge(ch, deferredDesc, float64(b.Waiting), name, "waiting")
		gauge(ch, deferredDesc, float64(b.Parked), name, "parked")
	}
}

// WatchDownstream adds the lag of consumer groups and relays, and what relays
// have deferred. They are asked for at each scrape: any process may consume.
func (m *Metrics) WatchDownstream(
	groups func(context.Context) ([]consumer.Group, error),
	backlogs func(context.Context) ([]relay.Backlog, error),
	now func() time.Time,
) {
	m.registry.MustRegister(&downstream{groups, backlogs, now})
}

// Relayed implements the meter of the relays.
func (m *Metrics) Relayed(name string, o relay.Outcome, n int) {
	m.relayed.WithLabelValues(name, o.String()).Add(float64(n))
}
