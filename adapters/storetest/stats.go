package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

func statsCases() []Case {
	return []Case{
		{"counts of statistics add up", statsAddUp},
		{"statistics are picked by bucket, span and app", statsArePicked},
		{"the most frequent reasons are found", topReasons},
		{"times to a decision are read bin by bin", decisionBins},
		{"tracks that wait are loaded as they were saved", waitingRows},
		{"statistics that two stores project count each event once", statsOfLog},
		{"statistics that are built anew count each event once", statsBuilt},
	}
}

// allHours picks every count by the hour.
var allHours = query.StatsFilter{Bucket: projection.BucketHour, From: 0, To: 1 << 30}

// statsStore opens a store that is prepared for steps of statistics.
func statsStore(ctx context.Context, env *Env) (*running, error) {
	s, err := env.open(ctx)
	if err != nil {
		return nil, err
	}
	return s, errors.Join(toFold(ctx, s), s.Prepare(ctx, projection.StatsName, "1"))
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
		Span: projection.Span{Bucket: projection.BucketHour, Start: hour}, App: app, Counter: projection.Counter{Metric: m, Service: service, Label: label, Detail: detail},
	}, Count: n}
}

// added returns rows by their counter in each span, of all apps.
func added(rows []projection.Stat) map[string]int64 {
	counts := map[string]int64{}
	for _, row := range rows {
		counts[fmt.Sprintf("%v %q", row.Span, []string{row.Metric.String(), string(row.Service), row.Label, row.Detail})] += row.Count
	}
	return counts
}

// sums checks what a filter counts, in any order.
func sums(ctx context.Context, s Models, f query.StatsFilter, wanted []projection.Stat) error {
	got, _, err := s.SumStats(ctx, f, 0)
	return errors.Join(err, same(fmt.Sprintf("counts by %+v", f), added(got), added(wanted)))
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

func statsArePicked(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(9, 10))
	var rows []projection.Stat
	seen := map[projection.StatKey]bool{}
	for range 800 {
		row := statAt(r.Int64N(5)*24, pick[kyc.App](r, "a", "a-b"), pick(r, projection.MetricStatus, projection.MetricFlag),
			pick[kyc.Service](r, "", "AML"), pick(r, "x", "y"), pick(r, "", "z"), 1+r.Int64N(5))
		if row.Bucket = pick(r, projection.Buckets()...); row.Bucket == projection.BucketHour {
			row.Start += r.Int64N(5)
		}
		if !seen[row.StatKey] {
			rows = append(rows, row)
		}
		seen[row.StatKey] = true
	}
	err = saveStats(ctx, s, projection.StatsChange{Counts: rows})
	for range 50 {
		f := query.StatsFilter{App: pick[kyc.App](r, "", "a", "a-b", "a-"), Bucket: pick(r, projection.Buckets()...)}
		f.From = r.Int64N(4) * 24
		f.To = f.From + 24*r.Int64N(4)
		var wanted []projection.Stat
		for _, row := range rows {
			if row.Bucket == f.Bucket && row.Start >= f.From && row.Start < f.To && (f.App == "" || f.App == row.App) {
				wanted = append(wanted, row)
			}
		}
		err = errors.Join(err, sums(ctx, s, f, wanted))
	}
	return err
}

// decisionBins counts decisions of two apps, whose bins come as one text or
// several.
func decisionBins(ctx context.Context, env *Env) error {
	s, err := statsStore(ctx, env)
	if err != nil {
		return err
	}
	times := func(hour int64, app kyc.App, service kyc.Service, bin string, n int64) projection.Stat {
		return statAt(hour, app, projection.MetricDecision, service, bin, "", n)
	}
	counts := []projection.Stat{
		times(5, "a", "AML", "9", 1), times(5, "a", "AML", "10", 2), times(5, "b", "AML", "10", 4),
		times(5, "a", "", "0", 8), times(6, "a", "AML", "272", 16),
	}
	err = saveStats(ctx, s, projection.StatsChange{Counts: counts}, projection.StatsChange{Counts: counts[:1]})
	got, _, failed := s.SumStats(ctx, allHours, 0)
	read := map[string]*projection.Durations{}
	for _, row := range got {
		d, ok := projection.ParseDurations(row.Label)
		err = errors.Join(err, holds(ok && row.Metric == projection.MetricDecision, "%v can't be read", row))
		key := fmt.Sprint(row.Start, row.Service)
		if read[key] == nil {
			read[key] = &projection.Durations{}
		}
		read[key].Merge(d)
	}
	texts := map[string]string{}
	for key, d := range read {
		texts[key] = d.String()
	}
	return errors.Join(err, failed, same("times", texts, map[string]string{"5AML": "9:2 10:6", "5": "0:8", "6AML": "272:16"}))
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
	f := query.StatsFilter{Bucket: projection.BucketHour, From: 24, To: 48}
	all := []string{"REJECTED blurred 10", "RESUBMISSION_REQUIRED blurred 7", "REJECTED  2", "REJECTED it's 2"}
	for n := range 6 {
		counts, top, failed := s.SumStats(ctx, f, n)
		err = errors.Join(err, failed, same(fmt.Sprint(n, " reasons"), told(top), all[:min(n, len(all))]),
			same("other counts", added(counts), added([]projection.Stat{statAt(31, "", projection.MetricOpened, "", "", "", 1000)})))
	}
	f.App = "b"
	_, top, failed := s.SumStats(ctx, f, 9)
	return errors.Join(err, failed, same("reasons of an app", told(top), []string{"REJECTED  2", "REJECTED blurred 1"}))
}

// told returns what matters of reasons, in their order.
func told(reasons []projection.Stat) (texts []string) {
	for _, r := range reasons {
		texts = append(texts, fmt.Sprintf("%s %s %d", r.Label, r.Detail, r.Count))
	}
	return texts
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
