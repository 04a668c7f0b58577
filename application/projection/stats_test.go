package projection_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// fold folds a log in one page.
func fold(t rapid.TB, log []eventlog.Recorded) *rows {
	t.Helper()
	r := newRows()
	if err := projection.NewStats().Fold(context.Background(), r, log); err != nil {
		t.Fatal(err)
	}
	return r
}

func same(t rapid.TB, got, want *rows) {
	t.Helper()
	if diff := cmp.Diff(want.counts, got.counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want.waiting, got.waiting); diff != "" {
		t.Errorf("tracks that wait (-want +got):\n%s", diff)
	}
}

// However the log is cut into pages, whoever folds them, and whatever fails in
// between, each event is counted once.
func TestStatisticsAreTheFoldOfTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := someHistory().Draw(t, "log")
		r := newRows()
		folds := []*projection.Stats{projection.NewStats(), projection.NewStats()} // of two processes
		for rest := log; len(rest) > 0; {
			page := rest[:rapid.IntRange(1, len(rest)).Draw(t, "page")]
			p := rapid.SampledFrom(folds).Draw(t, "process")
			r.fails = rapid.IntRange(0, 3).Draw(t, "fate") == 0
			err := p.Fold(context.Background(), r, page)
			if failed := errors.Is(err, errFails); failed != r.fails {
				t.Fatalf("the step ended with %v", err)
			}
			if err == nil {
				rest = rest[len(page):]
			}
		}
		same(t, r, recount(log))
	})
}

// What a step has seen the next one does not load.
func TestTracksAreLoadedOnlyByWhoDoesNotKnowThem(t *testing.T) {
	h := newHistory()
	h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification})
	h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved})
	r, p := newRows(), projection.NewStats()
	for i := range h.log {
		if err := p.Fold(t.Context(), r, h.log[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if r.loads != 0 {
		t.Errorf("%d streams were loaded by the projection that folded all of their events", r.loads)
	}
	if err := projection.NewStats().Fold(t.Context(), r, h.log[1:]); err != nil || r.loads != 1 {
		t.Errorf("another one loaded %d streams, %v", r.loads, err)
	}
}

// times returns the times to decisions that were counted, in bins.
func (r *rows) times() (found []string) {
	for key, n := range r.counts {
		if _, rest, ok := strings.Cut(key, "{decision "); ok && strings.HasPrefix(key, "{{hour") {
			found = append(found, fmt.Sprint(n, " ", rest))
		}
	}
	slices.Sort(found)
	return found
}

func took(service string, d time.Duration) string {
	return fmt.Sprintf("1 %s %s }}", service, projection.BinOf(d))
}

func TestADecisionTimeRunsFromTheLastSubmissionToTheReportedDecision(t *testing.T) {
	liveness := func(trigger kyc.Trigger) kyc.Report {
		return kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: trigger, Reason: "blurred"}
	}
	aml := func(trigger kyc.Trigger) kyc.Report { return kyc.Report{StepID: "2", Service: "AML", Trigger: trigger} }
	pending, approved := liveness(kyc.ReportPendingVerification), liveness(kyc.ReportApproved)
	rejected, again := liveness(kyc.ReportRejected), liveness(kyc.ReportResubmissionRequired)
	reset := kyc.Report{Trigger: kyc.ReportReset}
	late := pending
	late.Attempt = 2
	for name, c := range map[string]struct {
		reports []kyc.Report
		want    []string
	}{
		"an approval":                            {[]kyc.Report{pending, approved}, []string{took("LIVENESS", time.Minute)}},
		"a rejection":                            {[]kyc.Report{pending, rejected}, []string{took("LIVENESS", time.Minute)}},
		"another submission is asked for":        {[]kyc.Report{pending, again}, []string{took("LIVENESS", time.Minute)}},
		"another document":                       {[]kyc.Report{pending, pending, approved}, []string{took("LIVENESS", time.Minute)}},
		"something else in between":              {[]kyc.Report{pending, {}, approved}, []string{took("LIVENESS", 2*time.Minute)}},
		"a second round":                         {[]kyc.Report{pending, again, {}, pending, {}, {}, approved}, []string{took("LIVENESS", time.Minute), took("LIVENESS", 3*time.Minute)}},
		"an approval that is revoked":            {[]kyc.Report{pending, approved, rejected}, []string{took("LIVENESS", time.Minute)}},
		"no submission":                          {[]kyc.Report{aml(kyc.ReportApproved)}, nil},
		"a submission that came late":            {[]kyc.Report{approved, late}, nil},
		"a reset of the session":                 {[]kyc.Report{pending, reset, {StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved}}, nil},
		"a reset, and a result of no submission": {[]kyc.Report{aml(kyc.ReportPendingVerification), reset, aml(kyc.ReportApproved)}, nil},
		"a reset of the step":                    {[]kyc.Report{pending, liveness(kyc.ReportReset), approved}, nil},
		"a reset, and another submission":        {[]kyc.Report{pending, reset, pending, approved}, []string{took("LIVENESS", time.Minute)}},
		"the session itself":                     {[]kyc.Report{{Trigger: kyc.ReportPendingVerification}, {Trigger: kyc.ReportApproved}}, []string{took("", time.Minute)}},
		"a step of no service":                   {[]kyc.Report{{StepID: "1", Trigger: kyc.ReportPendingVerification}, {StepID: "1", Trigger: kyc.ReportApproved}}, []string{took("unnamed", time.Minute)}},
		"the submission of another step":         {[]kyc.Report{{StepID: "2", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification}, approved}, nil},
		"back to the beginning while waiting":    {[]kyc.Report{pending, liveness(kyc.ReportSubmissionRequired)}, []string{took("LIVENESS", time.Minute)}},
	} {
		h := newHistory()
		for _, r := range c.reports {
			h.receive(streamOf("s"), r)
			h.now = h.now.Add(time.Minute)
		}
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, fold(t, h.log).times()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

// A person's decision waited for that person, and says nothing of the provider.
func TestAnOverrideHasNoDecisionTime(t *testing.T) {
	h := newHistory()
	h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved})
	h.now = h.now.Add(time.Hour) // out of the heal window
	h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, Attempt: 1})
	h.now = h.now.Add(time.Hour)
	h.rule(streamOf("s"), true)
	r := fold(t, h.log)
	if times := r.times(); len(times) > 0 || len(r.waiting) > 0 {
		t.Errorf("it took %v, and %d tracks wait", times, len(r.waiting))
	}
	if r.counts[fmt.Sprintf("{{hour %d} default {change  override }}", h.now.Unix()/3600)] != 1 {
		t.Errorf("the override was not counted: %v", r.counts)
	}
}

// Nobody knows when that happened which only the provider's API told of: it
// neither ends nor begins a time. It is counted as a change, and as no report.
func TestWhatWasReconciledHasNoDecisionTime(t *testing.T) {
	shows := func(status kyc.Status) kyc.Snapshot {
		return kyc.Snapshot{Steps: []kyc.ObservedStep{{StepID: "1", Service: "LIVENESS", Status: status.String()}}}
	}
	for name, c := range map[string]struct {
		act     func(*history)
		applied int64 // reports
	}{
		"the decision": {func(h *history) {
			h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification})
			h.now = h.now.Add(time.Minute)
			h.reconcile(streamOf("s"), shows(kyc.Approved))
		}, 1},
		"the submission": {func(h *history) {
			h.reconcile(streamOf("s"), shows(kyc.PendingVerification))
			h.now = h.now.Add(time.Minute)
			h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved})
		}, 1},
		"another submission": {func(h *history) {
			h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification})
			h.reconcile(streamOf("s"), shows(kyc.ResubmissionRequired))
			h.reconcile(streamOf("s"), shows(kyc.PendingVerification))
			h.now = h.now.Add(time.Minute)
			h.receive(streamOf("s"), kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved})
		}, 2},
	} {
		h := newHistory()
		c.act(h)
		r := fold(t, h.log)
		if times := r.times(); len(times) > 0 || len(r.waiting) > 0 {
			t.Errorf("%s: it took %v, and %d tracks wait", name, times, len(r.waiting))
		}
		hour := dawn().Unix() / 3600
		if r.counts[fmt.Sprintf("{{hour %d} default {change  reconciled }}", hour)] == 0 {
			t.Errorf("%s: the change was not counted: %v", name, r.counts)
		}
		if applied := r.counts[fmt.Sprintf("{{hour %d} default {outcome  applied }}", hour)]; applied != c.applied {
			t.Errorf("%s: %d reports were applied, want %d", name, applied, c.applied)
		}
	}
}

func TestTextsOfTheProviderAreCut(t *testing.T) {
	h := newHistory()
	long := strings.Repeat("é", 500)
	h.record(streamOf("s"), kyc.StatusChanged{
		StepID: "1", Service: kyc.Service(long), Trigger: kyc.ReportRejected, From: kyc.PendingVerification,
		To: kyc.Rejected, Reason: long, Cause: kyc.CauseReported,
	})
	var change projection.StatsChange
	err := projection.NewStats().Fold(t.Context(), &keeps{rows: newRows(), change: &change}, h.log)
	if err != nil {
		t.Fatal(err)
	}
	cut := 0
	for _, c := range change.Counts {
		for _, text := range []string{string(c.Service), c.Detail} {
			if len(text) > 200 || !utf8.ValidString(text) {
				t.Errorf("a key of %d bytes: %q", len(text), text)
			}
			if strings.HasSuffix(text, "é…") {
				cut++
			}
		}
	}
	if cut != 6 { // three keys, by the hour and by the day
		t.Errorf("%d texts were cut: %+v", cut, change.Counts)
	}
}

// keeps remembers what was saved.
type keeps struct {
	*rows
	change *projection.StatsChange
}

func (k *keeps) SaveStats(_ context.Context, change projection.StatsChange) error {
	*k.change = change
	return nil
}

// Rows are written in the order of the table's key, each once.
func TestCountsAreInTheOrderOfTheirKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var change projection.StatsChange
		log := someHistory().Draw(t, "log")
		if err := projection.NewStats().Fold(context.Background(), &keeps{rows: newRows(), change: &change}, log); err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, c := range change.Counts {
			keys = append(keys, fmt.Sprintf("%02d\x00%s\x00%d\x00%s\x00%s\x00%s\x00%s", c.Bucket.Hours(), c.Metric, c.Start, c.App, c.Service, c.Label, c.Detail))
		}
		if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			t.Errorf("not in order, or twice: %q", keys)
		}
	})
}

func TestMetricsAreReadByTheirNames(t *testing.T) {
	for _, m := range projection.Metrics() {
		if read, ok := projection.ParseMetric(m.String()); !ok || read != m {
			t.Errorf("%s was read as %s, %t", m, read, ok)
		}
	}
	if m, ok := projection.ParseMetric(""); ok {
		t.Errorf("nothing was read as %s", m)
	}
}
