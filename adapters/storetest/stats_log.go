package storetest

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

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
	return errors.Join(append(failures, countsEach(ctx, stores[0], events))...)
}

// statsBuilt builds the statistics beside those of a part of the log, and goes
// on in what was built.
func statsBuilt(ctx context.Context, env *Env) error {
	s, err := env.open(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(live(ctx, s, 200), project(ctx, s, projection.NewStats(), 100, 11)); err != nil {
		return err
	}
	build := &projection.Rebuild{
		Projection: projection.NewStats(), Log: s, Store: s, Advanced: &eventlog.Broadcast{}, Logger: slog.New(slog.DiscardHandler),
	}
	if err := build.Begin(ctx); err != nil {
		return err
	}
	if _, err := build.Run(ctx); err != nil {
		return err
	}
	events, err := history(ctx, s)
	if err := errors.Join(err, countsEach(ctx, s, events)); err != nil {
		return err
	}
	err = appendAll(ctx, s, receive("z", "1", submission()), receive("z", "1", approval()))
	if err := errors.Join(err, project(ctx, s, projection.NewStats(), int64(len(events))+2, 1)); err != nil {
		return err
	}
	events, err = history(ctx, s)
	return errors.Join(err, countsEach(ctx, s, events))
}

// countsEach checks that statistics count the events.
func countsEach(ctx context.Context, s Models, events []eventlog.Recorded) error {
	counts, _, err := s.SumStats(ctx, allHours, 0)
	got := map[string]int64{}
	for _, c := range counts {
		switch c.Metric {
		case projection.MetricOpened, projection.MetricOutcome, projection.MetricChange, projection.MetricFlag, projection.MetricResolution:
			got[c.Metric.String()+" "+c.Label] += c.Count
		}
	}
	return errors.Join(err, same("counts", got, countEvents(events)))
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
			if event.Violation != (kyc.Violation{}) {
				counts["flag "+event.Violation.String()]++
			}
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
