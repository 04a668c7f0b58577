package sqlstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"dossier/application/command"
	"dossier/application/reconcile"
	"dossier/domain/kyc"
)

// brokenProvider is an API that hangs, or fails at once.
type brokenProvider struct{ hangs bool }

func (p brokenProvider) Overview(ctx context.Context, _ kyc.App, _ kyc.SessionID, _ kyc.Kind) (kyc.Snapshot, error) {
	if p.hangs {
		<-ctx.Done()
		return kyc.Snapshot{}, ctx.Err()
	}
	return kyc.Snapshot{}, &reconcile.Unavailable{Status: 500}
}

// unmetered implements reconcile.Meter.
type unmetered struct{}

func (unmetered) Reconciled(reconcile.Cause, reconcile.Outcome, int, int) {}

// BenchmarkIngestBesideABrokenProvider measures how long webhooks wait for their
// commits, each of which asks for a reconciliation: alone, and beside a follower
// whose provider does not answer.
func BenchmarkIngestBesideABrokenProvider(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, db backend) {
		store := db.run(b, quiet())
		machine := kyc.NewMachine()
		run := 0 // of all: a delivery that came before would be answered without a commit
		for _, c := range []struct {
			name     string
			provider *brokenProvider
		}{{"none", nil}, {"hangs", &brokenProvider{hangs: true}}, {"answers-500", &brokenProvider{}}} {
			b.Run(c.name, func(b *testing.B) {
				if c.provider != nil {
					f := &reconcile.Follower{
						Log: store, Groups: store.Groups(), Holder: fmt.Sprint(c.name, run),
						Knows:      func(kyc.App) bool { return true },
						Sessions:   command.NewReconcileSession(store, store, c.provider, machine, kyc.RuleBook{}),
						SessionRef: func(kyc.App, kyc.SessionID) string { return "" }, Meter: unmetered{},
						Logger: slog.New(slog.DiscardHandler), Quiet: time.Millisecond,
					}
					ctx, stop := context.WithCancel(b.Context())
					var following sync.WaitGroup
					following.Go(func() {
						if err := f.Run(ctx); err != nil {
							b.Error(err)
						}
					})
					defer following.Wait()
					defer stop()
				}
				measureFlagged(b, command.NewReceiveWebhook(store, machine, kyc.RuleBook{}), run)
				run++
			})
		}
	})
}

// measureFlagged has webhooks received by several callers, and reports how long
// they took. Each is flagged: an approval of what was never submitted.
func measureFlagged(b *testing.B, receive command.ReceiveWebhook, run int) {
	const callers = 16
	took := make([][]time.Duration, callers)
	var calling sync.WaitGroup
	b.ResetTimer()
	for caller := range callers {
		calling.Go(func() {
			for i := caller; i < b.N; i += callers {
				hook := webhook(1000+run, b.N, int64(i))
				hook.Report.Trigger = kyc.ReportApproved
				begun := time.Now()
				if _, err := receive.Handle(b.Context(), hook); err != nil {
					b.Error(err)
					return
				}
				took[caller] = append(took[caller], time.Since(begun))
			}
		})
	}
	calling.Wait()
	b.StopTimer()
	all := slices.Concat(took...)
	slices.Sort(all)
	for _, percent := range []int{50, 99} {
		at := all[min(len(all)-1, len(all)*percent/100)]
		b.ReportMetric(float64(at.Microseconds())/1000, fmt.Sprintf("ms/p%d", percent))
	}
}
