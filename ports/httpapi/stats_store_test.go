package httpapi_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// SumStats adds up the counts that the real projection made.
func (s *store) SumStats(_ context.Context, f query.StatsFilter, reasons int) (counts, top []projection.Stat, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, n := range s.stats {
		if !picksSpan(f, key.Span, key.App) {
			continue
		}
		row := projection.Stat{StatKey: key, Count: n}
		if key.Metric == projection.MetricDecision {
			row.Label += fmt.Sprint(":", n)
		}
		if key.Metric != projection.MetricReason {
			counts = append(counts, row)
			continue
		}
		i := slices.IndexFunc(top, func(t projection.Stat) bool { return t.Counter == row.Counter })
		if i < 0 {
			top = append(top, row)
		} else {
			top[i].Count += n
		}
	}
	slices.SortFunc(top, func(a, b projection.Stat) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Detail, b.Detail))
	})
	return counts, top[:min(reasons, len(top))], s.fault
}

func picksSpan(f query.StatsFilter, at projection.Span, app kyc.App) bool {
	return at.Bucket == f.Bucket && at.Start >= f.From && at.Start < f.To && (f.App == "" || f.App == app)
}

func (t tx) LoadWaiting(_ context.Context, streams []eventlog.Stream) (waiting []projection.Waiting, err error) {
	for _, w := range t.waiting {
		if slices.Contains(streams, w.Stream) {
			waiting = append(waiting, w)
		}
	}
	return waiting, nil
}

func (t tx) SaveStats(_ context.Context, change projection.StatsChange) error {
	for _, c := range change.Counts {
		t.stats[c.StatKey] += c.Count
	}
	for _, gone := range slices.Concat(change.Decided, change.Waiting) {
		t.waiting = slices.DeleteFunc(t.waiting, func(w projection.Waiting) bool {
			return w.Stream == gone.Stream && w.StepID == gone.StepID
		})
	}
	t.waiting = append(t.waiting, change.Waiting...)
	return nil
}
