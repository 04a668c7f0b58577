package query_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func counted(start int64, m projection.Metric, service kyc.Service, label, detail string, n int64) projection.Stat {
	return projection.Stat{StatKey: projection.StatKey{
		Span:    projection.Span{Bucket: projection.BucketDay, Start: start},
		Counter: projection.Counter{Metric: m, Service: service, Label: label, Detail: detail},
	}, Count: n}
}

// Counters come once for each app, in any order: figures add them up.
func TestFiguresAddUpCounters(t *testing.T) {
	f := &fake{counts: []projection.Stat{
		counted(48, projection.MetricStatus, "B", "APPROVED", "", 1), counted(24, projection.MetricStatus, "B", "APPROVED", "", 2),
		counted(24, projection.MetricStatus, "A", "REJECTED", "", 4), counted(24, projection.MetricStatus, "B", "APPROVED", "", 8),
		counted(24, projection.MetricFlag, "", "regression", "high", 1), counted(24, projection.MetricFlag, "", "premature", "medium", 1),
		counted(48, projection.MetricFlag, "", "regression", "high", 2), counted(24, projection.MetricOpened, "", "", "", 16),
		counted(24, projection.MetricDecision, "A", "20:1", "", 0), counted(48, projection.MetricDecision, "A", "30:9 20:1", "", 0),
	}}
	span := query.StatsFilter{Bucket: projection.BucketDay, From: 24, To: 96}
	stats, err := f.reads().Stats(t.Context(), span, 0, query.Fresh{})
	if err != nil || len(stats.Buckets) != 3 {
		t.Fatalf("%d buckets, %v", len(stats.Buckets), err)
	}
	for i, b := range stats.Buckets {
		if want := time.Date(1970, 1, 2+i, 0, 0, 0, 0, time.UTC); !b.Start.Equal(want) {
			t.Errorf("bucket %d starts at %v, want %v", i, b.Start, want)
		}
	}
	first, totals := stats.Buckets[0], stats.Totals
	for what, c := range map[string][2]int64{
		"approvals of B on the first day": {first.Services[1].Statuses[kyc.Approved], 10},
		"approvals of B":                  {totals.Services[1].Statuses[kyc.Approved], 11},
		"rejections of A":                 {totals.Services[0].Statuses[kyc.Rejected], 4},
		"sessions":                        {totals.Opened, 16},
		"decisions of A":                  {totals.Services[0].Decided.Count(), 11},
		"decisions of A on the first day": {first.Services[0].Decided.Count(), 1},
		"services of the last day":        {int64(len(stats.Buckets[2].Services)), 0},
		"refusals of other reasons":       {stats.OtherReasons, 4},
	} {
		if c[0] != c[1] {
			t.Errorf("%d %s, want %d", c[0], what, c[1])
		}
	}
	if p := totals.Services[0].Decided.Percentile(50); p != projection.Bin(30).Middle() {
		t.Errorf("p50 of the whole span is %v", p)
	}
	names := cmp.Transformer("name", func(v interface{ String() string }) string { return v.String() })
	want := []query.FlagCount{
		{Violation: kyc.Premature, Severity: kyc.SeverityMedium, Count: 1}, {Violation: kyc.Regression, Severity: kyc.SeverityHigh, Count: 3},
	}
	if diff := cmp.Diff(want, totals.Flags, names); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}

func TestReasonsThatAreNotNamedAreCounted(t *testing.T) {
	f := &fake{
		counts: []projection.Stat{
			counted(0, projection.MetricStatus, "A", "REJECTED", "", 5), counted(0, projection.MetricStatus, "A", "RESUBMISSION_REQUIRED", "", 7),
			counted(0, projection.MetricStatus, "A", "APPROVED", "", 100),
		},
		reasons: []projection.Stat{
			counted(0, projection.MetricReason, "A", "RESUBMISSION_REQUIRED", "blurred", 6), counted(0, projection.MetricReason, "A", "REJECTED", "", 3),
		},
	}
	for reasons, other := range map[int]int64{0: 12, 1: 6, 2: 3, 9: 3} {
		stats, err := f.reads().Stats(t.Context(), query.StatsFilter{Bucket: projection.BucketDay, To: 24}, reasons, query.Fresh{})
		if err != nil || len(stats.TopReasons) != min(reasons, 2) || stats.OtherReasons != other {
			t.Errorf("%d asked for: %d named and %d others, %v", reasons, len(stats.TopReasons), stats.OtherReasons, err)
		}
	}
}
