package sqlstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// lives returns a log of sessions whose steps are submitted, now and then
// refused, and approved at last; a thousand of them are under way at a time.
func lives(events int) []eventlog.Recorded {
	r := rand.New(rand.NewPCG(1, 2))
	decider := kyc.Decider{Machine: kyc.NewMachine()}
	services := []kyc.Service{"ID_DOCUMENT", "LIVENESS", "PROOF_OF_ADDRESS", "AML"}
	triggers := []kyc.Trigger{kyc.ReportPendingVerification, kyc.ReportPendingVerification, kyc.ReportApproved, kyc.ReportResubmissionRequired}
	reasons := []string{"DOCUMENT_BLURRY", "DOCUMENT_EXPIRED", "FACE_NOT_VISIBLE", "OTHER"}
	sessions := make([]*kyc.Session, 1000)
	streams := make([]eventlog.Stream, len(sessions))
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var log []eventlog.Recorded
	for len(log) < events {
		i := r.IntN(len(sessions))
		if sessions[i] == nil || sessions[i].Version() > 12 {
			sessions[i] = kyc.NewSession()
			streams[i] = eventlog.Stream{App: "default", Session: kyc.SessionID(fmt.Sprint("session-", len(log)))}
		}
		step := r.IntN(len(services))
		report := kyc.Report{
			StepID: kyc.StepID(fmt.Sprint(step)), Service: services[step], Trigger: triggers[r.IntN(len(triggers))],
			Reason: reasons[r.IntN(len(reasons))], Attempt: 1,
		}
		now = now.Add(time.Duration(r.IntN(100)) * time.Millisecond)
		for _, event := range decider.Receive(sessions[i], report, now).Events {
			e := eventlog.Recorded{
				Position: int64(len(log)) + 1, Stream: streams[i], Version: sessions[i].Version() + 1, RecordedAt: now, Event: event,
			}
			sessions[i].Apply(event, e.Mark())
			log = append(log, e)
		}
	}
	return log
}

// BenchmarkStep measures what each read model costs beside the reading of the
// log, in pages of a busy runner and in those of an ingest that is kept up with.
func BenchmarkStep(b *testing.B) {
	log := lives(100_000)
	onEachDatabase(b, func(b *testing.B, db backend) {
		s := db.run(b, quiet())
		for _, page := range []int{500, 5000} {
			for _, p := range []projection.Projection{projection.NewSessions(kyc.RuleBook{}), projection.Flags{}, projection.NewStats()} {
				b.Run(fmt.Sprintf("%s/%d-events", p.Name(), page), func(b *testing.B) {
					if err := s.Prepare(b.Context(), p.Name(), p.Version()); err != nil {
						b.Fatal(err)
					}
					from, err := s.Checkpoint(b.Context(), p.Name())
					if err != nil {
						b.Fatal(err)
					}
					b.ResetTimer()
					for range b.N {
						at := int(from) % len(log)
						events := log[at:min(at+page, len(log))]
						step := projection.Step{Name: p.Name(), Version: p.Version(), From: from, To: from + int64(len(events))}
						if _, err := s.Step(b.Context(), step, func(ctx context.Context, tx projection.Tx) error { return p.Fold(ctx, tx, events) }); err != nil {
							b.Fatal(err)
						}
						from = step.To
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*page), "ns/event")
				})
			}
		}
	})
}

// BenchmarkSumStats measures the answer of a month by the hour and of a year by
// the day, when each hour has decisions of eight services in sixty bins.
func BenchmarkSumStats(b *testing.B) {
	const year = 366 * 24
	onEachDatabase(b, func(b *testing.B, db backend) {
		s := db.run(b, quiet())
		p := projection.NewStats()
		if err := s.Prepare(b.Context(), p.Name(), p.Version()); err != nil {
			b.Fatal(err)
		}
		for day := range int64(year / 24) {
			step := projection.Step{Name: p.Name(), Version: p.Version(), From: day, To: day + 1}
			if _, err := s.Step(b.Context(), step, func(ctx context.Context, tx projection.Tx) error {
				return tx.SaveStats(ctx, projection.StatsChange{Counts: busyDay(day)})
			}); err != nil {
				b.Fatal(err)
			}
		}
		for _, f := range []query.StatsFilter{
			{Bucket: projection.BucketHour, From: 0, To: 31 * 24}, {Bucket: projection.BucketDay, From: 0, To: 30 * 24},
			{Bucket: projection.BucketDay, From: 0, To: year},
		} {
			b.Run(fmt.Sprintf("%d-days-by-the-%s", f.To/24, f.Bucket), func(b *testing.B) {
				for range b.N {
					counts, _, err := s.SumStats(b.Context(), f, 10)
					if err != nil || len(counts) == 0 {
						b.Fatal(len(counts), err)
					}
				}
			})
		}
	})
}

// busyDay counts in a day and, of the first month, in each of its hours.
func busyDay(day int64) (counts []projection.Stat) {
	spans := []projection.Span{{Bucket: projection.BucketDay, Start: 24 * day}}
	for hour := int64(0); hour < 24 && day < 31; hour++ {
		spans = append(spans, projection.Span{Bucket: projection.BucketHour, Start: 24*day + hour})
	}
	for _, span := range spans {
		for service := range 8 {
			add := func(m projection.Metric, label, detail string) {
				counts = append(counts, projection.Stat{StatKey: projection.StatKey{Span: span, App: "default", Counter: projection.Counter{
					Metric: m, Service: kyc.Service(fmt.Sprint("SERVICE_", service)), Label: label, Detail: detail,
				}}, Count: 3})
			}
			for bin := range 60 {
				add(projection.MetricDecision, fmt.Sprint(100+bin), "")
			}
			for _, status := range kyc.Statuses() {
				add(projection.MetricStatus, status.String(), "")
			}
			for reason := range 10 {
				add(projection.MetricReason, kyc.Rejected.String(), fmt.Sprint("REASON_", reason))
			}
		}
	}
	return counts
}
