package storetest_test

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
	"dossier/application/query"
	"dossier/domain/kyc"
)

// statistics are the tables of the statistics.
type statistics struct {
	counts  map[projection.StatKey]int64
	waiting map[track]time.Time
	fault   fault
}

type track struct {
	stream eventlog.Stream
	step   kyc.StepID
}

func (s statistics) clone() statistics {
	if s.counts == nil {
		return statistics{map[projection.StatKey]int64{}, map[track]time.Time{}, s.fault}
	}
	return statistics{maps.Clone(s.counts), maps.Clone(s.waiting), s.fault}
}

func (r rows) LoadWaiting(_ context.Context, streams []eventlog.Stream) (waiting []projection.Waiting, err error) {
	for t, since := range r.stats.waiting {
		if slices.Contains(streams, t.stream) {
			waiting = append(waiting, projection.Waiting{Stream: t.stream, StepID: t.step, Since: since})
		}
	}
	return waiting, nil
}

func (r rows) SaveStats(_ context.Context, change projection.StatsChange) error {
	for _, c := range change.Counts {
		if r.stats.fault == replacesCounts {
			r.stats.counts[c.StatKey] = 0
		}
		r.stats.counts[c.StatKey] += c.Count
	}
	for _, w := range change.Waiting {
		r.stats.waiting[track{w.Stream, w.StepID}] = w.Since
	}
	for _, w := range change.Decided {
		if r.stats.fault != keepsDecided {
			delete(r.stats.waiting, track{w.Stream, w.StepID})
		}
	}
	return nil
}

func (s *store) SumStats(_ context.Context, f query.StatsFilter, reasons int) (counts, top []projection.Stat, err error) {
	s.db.models.Lock()
	defer s.db.models.Unlock()
	picks := func(at projection.Span, app kyc.App) bool {
		last := at.Start == f.To && s.db.fault == endsInclusive
		return at.Bucket == f.Bucket && at.Start >= f.From && (at.Start < f.To || last) && (f.App == "" || f.App == app)
	}
	tops := map[projection.Counter]int64{}
	for key, n := range s.db.rows.stats.counts {
		switch {
		case !picks(key.Span, key.App):
		case key.Metric == projection.MetricReason:
			tops[key.Counter] += n
		case key.Metric == projection.MetricDecision:
			key.Label += ":" + fmt.Sprint(n)
			counts = append(counts, projection.Stat{StatKey: key})
		default:
			counts = append(counts, projection.Stat{StatKey: key, Count: n})
		}
	}
	for c, n := range tops {
		top = append(top, projection.Stat{StatKey: projection.StatKey{Counter: c}, Count: n})
	}
	slices.SortFunc(top, func(a, b projection.Stat) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(string(a.Service), string(b.Service)),
			strings.Compare(a.Label, b.Label), strings.Compare(a.Detail, b.Detail))
	})
	return counts, top[:min(reasons, len(top))], nil
}
