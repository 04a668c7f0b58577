package projection

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// UnnamedService stands for the service of a step whose report named none:
// without a service only the session's own track is counted.
const UnnamedService kyc.Service = "unnamed"

// maxCounted is how many bytes of a text from the provider are kept as a part
// of a key. Reasons are free text of any length.
const maxCounted = 200

// tally collects what a page of events adds to each count by the hour.
type tally map[StatKey]int64

func (t tally) add(e eventlog.Recorded, c Counter) {
	t[StatKey{BucketHour.Of(e.Clock()), e.Stream.App, c}]++
}

// event counts all of an event but the time to a decision.
func (t tally) event(e eventlog.Recorded) {
	if e.Version == 1 {
		t.add(e, Counter{Metric: MetricOpened})
	}
	switch event := e.Event.(type) {
	case kyc.StatusChanged:
		t.changed(e, event)
	case kyc.SessionReset:
		t.cause(e, event.Cause)
		t.add(e, Counter{Metric: MetricStatus, Label: kyc.SubmissionRequired.String()})
	case kyc.StatusRepeated:
		t.outcome(e, kyc.Repeated)
	case kyc.TransitionFlagged:
		t.outcome(e, kyc.Flagged)
		t.flag(e, event.Violation, event.Severity)
	case kyc.WebhookDiscarded:
		t.outcome(e, kyc.Discarded)
		if event.Violation != (kyc.Violation{}) {
			t.flag(e, event.Violation, event.Severity)
		}
	case kyc.ContractViolated:
		t.flag(e, event.Violation, event.Severity)
	case kyc.FlagResolved:
		t.add(e, Counter{Metric: MetricResolution, Label: event.Resolution.String()})
	}
}

func (t tally) changed(e eventlog.Recorded, event kyc.StatusChanged) {
	service, to := serviceOf(event), event.To.String()
	t.cause(e, event.Cause)
	t.add(e, Counter{Metric: MetricStatus, Service: service, Label: to})
	// No move but a reset leads back to the initial status, unless the provider's
	// API showed it: a track leaves it once, and once more after each of these.
	if event.From == kyc.SubmissionRequired && event.To != kyc.SubmissionRequired {
		t.add(e, Counter{Metric: MetricStarted, Service: service})
	}
	if event.To == kyc.ResubmissionRequired || event.To == kyc.Rejected {
		t.add(e, Counter{Metric: MetricReason, Service: service, Label: to, Detail: shortened(event.Reason)})
	}
}

// cause counts a change, which is the outcome of a report unless it was healed
// or accepted later, or no report told of it.
func (t tally) cause(e eventlog.Recorded, c kyc.Cause) {
	t.add(e, Counter{Metric: MetricChange, Label: c.String()})
	if c == kyc.CauseReported {
		t.outcome(e, kyc.Applied)
	}
}

func (t tally) outcome(e eventlog.Recorded, o kyc.Outcome) {
	t.add(e, Counter{Metric: MetricOutcome, Label: o.String()})
}

func (t tally) flag(e eventlog.Recorded, v kyc.Violation, s kyc.Severity) {
	t.add(e, Counter{Metric: MetricFlag, Label: v.String(), Detail: s.String()})
}

// rows returns the counts by every bucket in the order of their keys, which is
// that of the table: neighbours are written together.
func (t tally) rows() []Stat {
	days := tally{}
	for key, count := range t {
		key.Span = key.in(BucketDay)
		days[key] += count
	}
	rows := make([]Stat, 0, len(t)+len(days))
	for _, counts := range []tally{t, days} {
		for key, count := range counts {
			rows = append(rows, Stat{key, count})
		}
	}
	slices.SortFunc(rows, func(a, b Stat) int {
		return cmp.Or(
			cmp.Compare(a.Bucket.hours, b.Bucket.hours), strings.Compare(a.Metric.name, b.Metric.name),
			cmp.Compare(a.Start, b.Start), strings.Compare(string(a.App), string(b.App)),
			strings.Compare(string(a.Service), string(b.Service)),
			strings.Compare(a.Label, b.Label), strings.Compare(a.Detail, b.Detail))
	})
	return rows
}

// serviceOf returns the service that a change of a status is counted under.
func serviceOf(e kyc.Event) kyc.Service {
	event, ok := e.(kyc.StatusChanged)
	switch {
	case !ok || event.StepID == "":
		return ""
	case event.Service == "":
		return UnnamedService
	default:
		return kyc.Service(shortened(string(event.Service)))
	}
}

// shortened returns a text of at most maxCounted bytes that says if it was cut.
func shortened(text string) string {
	const more = "…"
	if len(text) <= maxCounted {
		return text
	}
	end := maxCounted - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}
