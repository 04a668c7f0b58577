package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func statsCases() []Case {
	return []Case{
		{"counts of statistics add up", statsAddUp},
		{"statistics are summed by span, app and bucket", statsAreSummed},
		{"the most frequent reasons are found", topReasons},
		{"tracks that wait are loaded as they were saved", waitingRows},
		{"statistics that two stores project count each event once", statsOfLog},
	}
}

// allHours picks every count, by the hour.
var allHours = query.StatsFilter{Bucket: query.BucketHour, From: 0, To: 1 << 30}

// statsStore opens a store that is prepared for steps of statistics.
func statsStore(ctx context.Context, env *Env) (*running, error) {
	s, err := env.open(ctx)
	if err != nil {
		return nil, err
	}
	return s, s.Prepare(ctx, projection.StatsName, "1")
}

// saveStats saves changes, each in a step of its own.
func saveStats(ctx context.Context, s Store, changes ...projection.StatsChange) error {
	for _, change := range changes {
		from, err := s.Checkpoint(ctx, projection.StatsName)
		if err != nil {
			return err
		}
		step := projection.Step{Name: projection.StatsName, Version: "1", From: from, To: from + 1}
		moved, err := s.Step(ctx, step, func(ctx context.Context, tx projection.Tx) error { return tx.SaveStats(ctx, change) })
		if err := must(moved, err); err != nil {
			return err
		}
	}
	return nil
}

func statAt(hour int64, app kyc.App, m projection.Metric, service kyc.Service, label, detail string, n int64) projection.Stat {
	return projection.Stat{StatKey: projection.StatKey{
		Hour: hour, App: app, Counter: projection.Counter{Metric: m, Service: service, Label: label, Detail: detail},
	}, Count: n}
}

// byKey sorts rows, which no order was asked for.
func byKey(rows []projection.Stat) []projection.Stat {
	slices.SortFunc(rows, func(a, b projection.Stat) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return rows
}

// sums checks what a filter counts, in any order.
func sums(ctx context.Context, s Models, f query.StatsFilter, wanted []projection.Stat) error {
	got, _, err := s.SumStats(ctx, f, 0)
	return errors.Join(err, same(fmt.Sprintf("counts by %+v", f), byKey(got), byKey(wanted)))
}

// statsAddUp counts twice in rows of which every odd text is a part.
func statsAddUp(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	var first, second, wanted []projection.Stat
	for i, odd := range oddTexts() {
		first = append(first, statAt(7, "a", projection.MetricStatus, kyc.Service(odd), odd, odd, int64(i)+1))
		second = append(second, statAt(7, "a", projection.MetricStatus, kyc.Service(odd), odd, odd, 1<<40))
		wanted = append(wanted, statAt(7, "", projection.MetricStatus, kyc.Service(odd), odd, odd, int64(i)+1+1<<40))
	}
	if err := saveStats(ctx, s, projection.StatsChange{Counts: first}, projection.StatsChange{Counts: second}); err != nil {
		return err
	}
	return sums(ctx, s, allHours, wanted)
}

func statsAreSummed(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(9, 10))
	counts := map[projection.StatKey]int64{}
	for range 500 {
		row := statAt(r.Int64N(80), pick[kyc.App](r, "a", "a-b"), pick(r, projection.MetricStatus, projection.MetricFlag),
			pick[kyc.Service](r, "", "AML"), pick(r, "x", "y"), pick(r, "", "z"), 0)
		counts[row.StatKey] += 1 + r.Int64N(5)
	}
	var rows []projection.Stat
	for key, n := range counts {
		rows = append(rows, projection.Stat{StatKey: key, Count: n})
	}
	err = saveStats(ctx, s, projection.StatsChange{Counts: rows})
	for range 50 {
		f := query.StatsFilter{App: pick[kyc.App](r, "", "a", "a-b", "a-"), Bucket: pick(r, query.Buckets()...)}
		f.From = r.Int64N(4) * 24
		f.To = f.From + 24*r.Int64N(4)
		wanted := map[projection.StatKey]int64{}
		for key, n := range counts {
			if key.Hour >= f.From && key.Hour < f.To && (f.App == "" || f.App == key.App) {
				key.App, key.Hour = "", key.Hour/f.Bucket.Hours()*f.Bucket.Hours()
				wanted[key] += n
			}
		}
		var summed []projection.Stat
		for key, n := range wanted {
			summed = append(summed, projection.Stat{StatKey: key, Count: n})
		}
		err = errors.Join(err, sums(ctx, s, f, summed))
	}
	return err
}

func topReasons(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	reason := func(hour int64, app kyc.App, label, detail string, n int64) projection.Stat {
		return statAt(hour, app, projection.MetricReason, "AML", label, detail, n)
	}
	err = saveStats(ctx, s, projection.StatsChange{Counts: []projection.Stat{
		reason(30, "a", "REJECTED", "blurred", 4), reason(31, "a", "REJECTED", "blurred", 5), reason(31, "b", "REJECTED", "blurred", 1),
		reason(31, "a", "RESUBMISSION_REQUIRED", "blurred", 7), reason(31, "b", "REJECTED", "", 2), reason(31, "a", "REJECTED", "it's", 2),
		reason(48, "a", "REJECTED", "later", 99), statAt(31, "a", projection.MetricOpened, "", "", "", 1000),
	}})
	day := query.StatsFilter{Bucket: query.BucketDay, From: 24, To: 48}
	all := []projection.Stat{
		reason(24, "", "REJECTED", "blurred", 10), reason(24, "", "RESUBMISSION_REQUIRED", "blurred", 7),
		reason(24, "", "REJECTED", "", 2), reason(24, "", "REJECTED", "it's", 2),
	}
	for n := range 6 {
		counts, top, failed := s.SumStats(ctx, day, n)
		err = errors.Join(err, failed, same(fmt.Sprint(n, " reasons"), top, all[:min(n, len(all))]),
			same("other counts", counts, []projection.Stat{statAt(24, "", projection.MetricOpened, "", "", "", 1000)}))
	}
	day.App = "b"
	_, top, failed := s.SumStats(ctx, day, 9)
	return errors.Join(err, failed, same("reasons of an app", top, []projection.Stat{
		reason(24, "", "REJECTED", "", 2), reason(24, "", "REJECTED", "blurred", 1),
	}))
}

func waitingRows(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	var waiting, longer []projection.Waiting
	var streams []eventlog.Stream
	for i, odd := range oddTexts() {
		for _, step := range []string{"", odd + "1"} {
			w := projection.Waiting{Stream: stream("a", odd), StepID: kyc.StepID(step), Since: noon.Add(time.Duration(i) * time.Microsecond)}
			waiting = append(waiting, w)
			w.Since = w.Since.Add(time.Hour)
			longer = append(longer, w)
		}
		streams = append(streams, stream("a", odd), stream("b", odd))
	}
	count := []projection.Stat{statAt(1, "a", projection.MetricOpened, "", "", "", 1)}
	half := len(waiting) / 2
	for _, c := range []struct {
		change projection.StatsChange
		wanted []projection.Waiting
	}{
		{projection.StatsChange{Counts: count}, nil},
		{projection.StatsChange{Counts: count, Waiting: waiting}, waiting},
		{projection.StatsChange{Counts: count, Waiting: longer}, longer},
		{projection.StatsChange{Counts: count, Waiting: waiting[:half], Decided: waiting[half:]}, waiting[:half]},
	} {
		err = errors.Join(saveStats(ctx, s, c.change), waits(ctx, s, streams, c.wanted), waits(ctx, s, streams[:1], c.wanted[:min(2, len(c.wanted))]))
		if err != nil {
			return err
		}
	}
	return nil
}

// waits checks which tracks of streams wait, in any order.
func waits(ctx context.Context, s Store, streams []eventlog.Stream, wanted []projection.Waiting) error {
	from, err := s.Checkpoint(ctx, projection.StatsName)
	if err != nil {
		return err
	}
	var got []projection.Waiting
	step := projection.Step{Name: projection.StatsName, Version: "1", From: from, To: from + 1}
	moved, err := s.Step(ctx, step, func(ctx context.Context, tx projection.Tx) (err error) {
		got, err = tx.LoadWaiting(ctx, streams)
		return err
	})
	named := func(all []projection.Waiting) map[string]time.Time {
		names := map[string]time.Time{}
		for _, w := range all {
			names[w.Stream.Key()+" "+string(w.StepID)] = w.Since
		}
		return names
	}
	return errors.Join(must(moved, err), same("tracks that wait", named(got), named(wanted)))
}

// statsOfLog lets two stores race to project the log, and counts the events
// themselves: each is a part of one count of these.
func statsOfLog(ctx context.Context, env *Env) error {
	stores, err := env.fleet(ctx, 2)
	if err != nil {
		return err
	}
	if err := live(ctx, stores[0], 300); err != nil {
		return err
	}
	events, err := history(ctx, stores[0])
	if err != nil {
		return err
	}
	failures := make([]error, 2)
	var runners sync.WaitGroup
	for i, s := range stores {
		runners.Go(func() { failures[i] = project(ctx, s, projection.NewStats(), int64(len(events)), 11+2*i) })
	}
	runners.Wait()
	counts, _, err := stores[0].SumStats(ctx, allHours, 0)
	if err := errors.Join(append(failures, err)...); err != nil {
		return err
	}
	got := map[string]int64{}
	for _, c := range counts {
		switch c.Metric {
		case projection.MetricOpened, projection.MetricOutcome, projection.MetricChange, projection.MetricFlag, projection.MetricResolution:
			got[c.Metric.String()+" "+c.Label] += c.Count
		}
	}
	return same("counts", got, countEvents(events))
}

func countEvents(events []eventlog.Recorded) map[string]int64 {
	counts := map[string]int64{}
	changed := func(c kyc.Cause) {
		counts["change "+c.String()]++
		if c == kyc.CauseReported {
			counts["outcome applied"]++
		}
	}
	for _, e := range events {
		if e.Version == 1 {
			counts["opened "]++
		}
		switch event := e.Event.(type) {
		case kyc.StatusChanged:
			changed(event.Cause)
		case kyc.SessionReset:
			changed(event.Cause)
		case kyc.StatusRepeated:
			counts["outcome repeated"]++
		case kyc.WebhookDiscarded:
			counts["outcome discarded"]++
		case kyc.TransitionFlagged:
			counts["outcome flagged"]++
			counts["flag "+event.Violation.String()]++
		case kyc.ContractViolated:
			counts["flag "+event.Violation.String()]++
		case kyc.FlagResolved:
			counts["resolution "+event.Resolution.String()]++
		}
	}
	return counts
}
