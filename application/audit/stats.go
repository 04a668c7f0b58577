package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
)

// statTables are the tables of the statistics, in memory: the counts, and the
// tracks that wait of those streams that are gone through.
type statTables struct {
	projection.Tx // nothing else is asked for
	sums          *statistics
	counting      bool // else only the tracks that wait are followed
	waiting       map[eventlog.Stream][]projection.Waiting
	// past returns the tracks of a stream that waited before the events that
	// are folded; nil if there is no such past.
	past func(context.Context, eventlog.Stream) ([]projection.Waiting, error)
}

// Before implements [projection.Tx].
func (*statTables) Before() string { return "" }

// Build implements [projection.Tx].
func (*statTables) Build() int64 { return 0 }

// LoadWaiting implements [projection.StatRows].
func (t *statTables) LoadWaiting(ctx context.Context, streams []eventlog.Stream) (all []projection.Waiting, err error) {
	for _, s := range streams {
		tracks, known := t.waiting[s]
		if !known && t.past != nil {
			if tracks, err = t.past(ctx, s); err != nil {
				return nil, err
			}
			t.waiting[s] = tracks
		}
		all = append(all, tracks...)
	}
	return all, nil
}

// SaveStats implements [projection.StatRows].
func (t *statTables) SaveStats(_ context.Context, change projection.StatsChange) error {
	if t.counting {
		for _, c := range change.Counts {
			t.sums.counts[statKey(c)] += c.Count
		}
	}
	for _, w := range change.Waiting {
		t.waiting[w.Stream] = append(t.without(w), w)
	}
	for _, w := range change.Decided {
		t.waiting[w.Stream] = t.without(w)
	}
	return nil
}

// without returns the tracks that wait, but for one.
func (t *statTables) without(w projection.Waiting) []projection.Waiting {
	return slices.DeleteFunc(slices.Clone(t.waiting[w.Stream]), func(o projection.Waiting) bool { return o.StepID == w.StepID })
}

// fold folds events, of which each stream's are in order.
func (t *statTables) fold(ctx context.Context, counting bool, events []eventlog.Recorded) error {
	if len(events) == 0 {
		return nil
	}
	t.counting = counting
	return projection.NewStats().Fold(ctx, t, events)
}

func statKey(s projection.Stat) StatKey {
	return StatKey{s.Bucket.Hours(), s.Start, string(s.App), s.Metric.String(), string(s.Service), s.Label, s.Detail}
}

// statistics are those of the log up to where the read model was when the check
// began. Each chunk of streams adds to them, and has its tracks that wait
// compared as of its own snapshot.
type statistics struct {
	counts map[StatKey]int64
	upTo   int64
}

// statPass goes through the statistics of one chunk.
type statPass struct {
	*chunkPass
	tables       *statTables
	early, later []eventlog.Recorded // up to where counts go, and behind it
}

func (p *chunkPass) newStatPass() *statPass {
	return &statPass{chunkPass: p, tables: &statTables{
		sums: &p.stats, waiting: map[eventlog.Stream][]projection.Waiting{},
	}}
}

// add takes an event, in the order of streams and versions.
func (p *statPass) add(ctx context.Context, e eventlog.Recorded) error {
	e.RecordedAt = e.Clock()    // by which statistics measure, and which is in the metadata
	e.Data, e.Metadata = "", "" // which are most of it
	switch {
	case e.Position <= p.stats.upTo:
		p.early = append(p.early, e)
	case e.Position <= p.chunk.Models[projection.StatsName].Position:
		p.later = append(p.later, e)
	}
	if len(p.early)+len(p.later) < pageSize {
		return nil
	}
	return p.flush(ctx)
}

func (p *statPass) flush(ctx context.Context) error {
	if err := p.tables.fold(ctx, true, p.early); err != nil {
		return err
	}
	err := p.tables.fold(ctx, false, p.later)
	p.early, p.later = p.early[:0], p.later[:0]
	return err
}

// end compares the tracks that wait.
func (p *statPass) end(ctx context.Context) error {
	if err := p.flush(ctx); err != nil || !p.current(projection.StatsName) {
		return err
	}
	for _, s := range sorted(p.tables.waiting) {
		for _, w := range p.tables.waiting[s] {
			if !slices.Contains(p.chunk.Waiting[s], w) {
				p.found(Finding{Check: WaitingDiffers, Stream: s,
					Expected: "a track that waits for a decision since " + stamp(w.Since), Found: "none that does"})
			}
		}
	}
	for _, s := range sorted(p.chunk.Waiting) {
		for _, w := range p.chunk.Waiting[s] {
			if !slices.Contains(p.tables.waiting[s], w) {
				p.found(Finding{Check: WaitingDiffers, Stream: s,
					Expected: "the tracks that wait for a decision", Found: "another, since " + stamp(w.Since)})
			}
		}
	}
	return nil
}

// checkStatistics compares the counts, in one snapshot of their table.
func (v *Verifier) checkStatistics(ctx context.Context) error {
	rows, at, err := v.Store.Statistics(ctx)
	if err != nil {
		return err
	}
	if at.Version != v.made[projection.StatsName] && at != (Checkpoint{}) || at.Position < v.stats.upTo {
		return nil // of another version, or made anew meanwhile
	}
	if err := v.catchUp(ctx, at.Position); err != nil {
		return err
	}
	if v.stats.upTo != at.Position {
		return nil // the log does not go that far, which is said elsewhere
	}
	all := maps.Clone(v.stats.counts)
	maps.Copy(all, rows)
	for _, key := range slices.SortedFunc(maps.Keys(all), StatKey.compare) {
		if want, got := v.stats.counts[key], rows[key]; want != got {
			v.found(Finding{Check: StatisticsDiffer, Expected: fmt.Sprintf("%d for %s", want, key), Found: fmt.Sprint(got)})
		}
	}
	return nil
}

// catchUp folds what was folded into the statistics since the check began.
func (v *Verifier) catchUp(ctx context.Context, to int64) error {
	from := v.stats.upTo
	tables := &statTables{sums: &v.stats, waiting: map[eventlog.Stream][]projection.Waiting{}}
	tables.past = func(ctx context.Context, s eventlog.Stream) ([]projection.Waiting, error) {
		return v.waitingAt(ctx, s, from)
	}
	for v.stats.upTo < to {
		events, err := v.Store.Events(ctx, v.stats.upTo, int(min(pageSize, to-v.stats.upTo)))
		if err != nil || len(events) == 0 {
			return err
		}
		if err := tables.fold(ctx, true, recorded(events)); err != nil {
			return err
		}
		v.stats.upTo = events[len(events)-1].Position
	}
	return nil
}

// waitingAt returns the tracks of a stream that waited at a position.
func (v *Verifier) waitingAt(ctx context.Context, s eventlog.Stream, position int64) ([]projection.Waiting, error) {
	tables := &statTables{waiting: map[eventlog.Stream][]projection.Waiting{}}
	for version := int64(0); ; {
		events, err := v.Store.StreamEvents(ctx, s, version, pageSize)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			version = e.Version
		}
		before := slices.DeleteFunc(recorded(events), func(e eventlog.Recorded) bool { return e.Position > position })
		if err := tables.fold(ctx, false, before); err != nil {
			return nil, err
		}
		if len(events) < pageSize {
			return tables.waiting[s], nil
		}
	}
}

func recorded(events []Event) []eventlog.Recorded {
	all := make([]eventlog.Recorded, len(events))
	for i, e := range events {
		all[i] = e.Recorded
	}
	return all
}

// StatKey names one count of the statistics.
type StatKey struct {
	Hours, Start                        int64 // how many, and the first of them since 1970 UTC
	App, Metric, Service, Label, Detail string
}

// String names the count, but for a detail that is a person's or the provider's
// own text.
func (k StatKey) String() string {
	name := k.Metric
	for _, part := range []string{k.Service, k.Label} {
		if part != "" {
			name += " " + part
		}
	}
	if k.Detail != "" && k.Metric != projection.MetricReason.String() {
		name += " " + k.Detail
	}
	start := time.Unix(k.Start*3600, 0).UTC().Format("2006-01-02T15:00Z")
	return fmt.Sprintf("%q of app %q in the %d hours from %s", name, k.App, k.Hours, start)
}

// compare orders counts by their names.
func (k StatKey) compare(other StatKey) int {
	return cmp.Or(cmp.Compare(k.Hours, other.Hours), cmp.Compare(k.Start, other.Start),
		strings.Compare(k.App, other.App), strings.Compare(k.Metric, other.Metric),
		strings.Compare(k.Service, other.Service), strings.Compare(k.Label, other.Label), strings.Compare(k.Detail, other.Detail))
}
