package projection

import (
	"context"
	"fmt"

	"dossier/application/eventlog"
	"dossier/application/recent"
	"dossier/domain/kyc"
)

// StatsName is the name of the read model of statistics.
const StatsName = "stats"

// statsVersion is raised when the tables' content is made in another way.
const statsVersion = "1"

// Metric says what a count of the statistics counts.
type Metric struct{ name string }

// The metrics, with what their labels and details are. What has a service is
// counted by it, the rest over all services.
var (
	MetricOpened     = Metric{"opened"}     // sessions, at their first event
	MetricOutcome    = Metric{"outcome"}    // reports; label: the outcome
	MetricChange     = Metric{"change"}     // changes of a status; label: the cause
	MetricStatus     = Metric{"status"}     // the same by service; label: the new status
	MetricStarted    = Metric{"started"}    // by service: tracks that left the initial status
	MetricReason     = Metric{"reason"}     // by service, of refusals; label: the new status, detail: the reason
	MetricDecision   = Metric{"decision"}   // by service: times to a decision; label: their [Bin]
	MetricFlag       = Metric{"flag"}       // flags raised; label: the violation, detail: the severity
	MetricResolution = Metric{"resolution"} // flags closed; label: the resolution
)

// Metrics returns every metric.
func Metrics() []Metric {
	return []Metric{
		MetricOpened, MetricOutcome, MetricChange, MetricStatus, MetricStarted,
		MetricReason, MetricDecision, MetricFlag, MetricResolution,
	}
}

// ParseMetric reads a metric by its name; ok is false for any other text.
func ParseMetric(name string) (m Metric, ok bool) {
	for _, m := range Metrics() {
		if m.name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// String returns the name, empty for the zero value.
func (m Metric) String() string { return m.name }

// Counter is one thing that is counted.
type Counter struct {
	Metric Metric
	// Service is empty for the session's own track and for what is counted over
	// all services.
	Service kyc.Service
	Label   string
	Detail  string
}

// Span is a bucket's worth of time, by the times at which events were recorded.
type Span struct {
	Bucket Bucket
	Start  int64 // its first hour, since 1970 UTC
}

// StatKey identifies one count: that of an app in a span.
type StatKey struct {
	Span
	App kyc.App
	Counter
}

// Stat is one row of the statistics, or what is added to it.
type Stat struct {
	StatKey
	Count int64
}

// StatsChange is what a page of events changes.
type StatsChange struct {
	Counts  []Stat    // to be added, each key once
	Waiting []Waiting // tracks that wait now, or since another time
	Decided []Waiting // tracks that no longer wait
}

// StatRows are the tables of the statistics within a step.
type StatRows interface {
	// LoadWaiting returns the tracks of those streams that wait for a decision.
	LoadWaiting(ctx context.Context, streams []eventlog.Stream) ([]Waiting, error)
	// SaveStats adds counts to the rows that have them, inserts or replaces
	// tracks that wait and deletes those that were decided.
	SaveStats(ctx context.Context, change StatsChange) error
}

// waitingSize is of how many sessions the statistics know at least, without
// loading, which of their tracks wait.
const waitingSize = 16384

// Stats projects the log onto statistics: counts by each [Bucket] that can be
// added up over any span, and the tracks that wait for a decision, without which
// events don't tell how long it took. It belongs to one runner.
type Stats struct {
	// waiting are the tracks as of a place: what a step has seen the next one
	// need not load, unless another process has folded in between.
	waiting recent.Cache[eventlog.Stream, []Waiting]
	place   place
}

// NewStats returns the projection.
func NewStats() *Stats {
	s := &Stats{}
	s.waiting.Size = waitingSize
	return s
}

// Name implements [Projection].
func (*Stats) Name() string { return StatsName }

// Version implements [Projection].
func (*Stats) Version() string { return statsVersion }

// Fold implements [Projection].
func (p *Stats) Fold(ctx context.Context, tx Tx, events []eventlog.Recorded) error {
	if !p.place.before(tx, events) {
		p.waiting.Clear()
	}
	clocks, err := p.clocksOf(ctx, tx, events)
	if err != nil {
		return fmt.Errorf("load tracks that wait: %w", err)
	}
	counts := tally{}
	for _, e := range events {
		counts.event(e)
		if took, decided := clocks.event(e); decided {
			counts.add(e, Counter{Metric: MetricDecision, Service: serviceOf(e.Event), Label: BinOf(took).String()})
		}
	}
	change := StatsChange{Counts: counts.rows()}
	change.Waiting, change.Decided = clocks.changes()
	p.place = after(tx, events)
	for _, stream := range clocks.streams {
		p.waiting.Put(stream, clocks.now[stream])
	}
	if err := tx.SaveStats(ctx, change); err != nil {
		return fmt.Errorf("save statistics: %w", err)
	}
	return nil
}
