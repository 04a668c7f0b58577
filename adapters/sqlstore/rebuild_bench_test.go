package sqlstore_test

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// BenchmarkRebuild measures builds of each read model, one after the other,
// from the first event to the swap.
func BenchmarkRebuild(b *testing.B) {
	const events = 100_000
	onEachDatabase(b, func(b *testing.B, db backend) {
		s := db.run(b, quiet())
		liveLives(b, s, events)
		for i, p := range allModels() {
			b.Run(p.Name(), func(b *testing.B) {
				for range b.N {
					rebuild(b, s, allModels()[i])
				}
				b.ReportMetric(float64(b.N)*events/b.Elapsed().Seconds(), "events/s")
			})
		}
	})
}

// liveLives writes events of sessions that each live for a while: four steps
// that are submitted and decided, among those of a thousand others.
func liveLives(b *testing.B, s *sqlstore.Store, events int64) {
	b.Helper()
	const callers, perSession, together = 256, 8, 1000
	receive := command.NewReceiveWebhook(s, kyc.NewMachine(), kyc.RuleBook{})
	var next atomic.Int64
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for i := next.Add(1) - 1; i < events; i = next.Add(1) - 1 {
				turn := i % (together * perSession) / together
				session := i/(together*perSession)*together + i%together
				report := kyc.Report{StepID: kyc.StepID(fmt.Sprint(1253242 + turn/2)), Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, Attempt: 1}
				if turn%2 == 1 {
					report.Trigger = kyc.ReportApproved
				}
				if i%50 == 0 {
					report.Trigger = kyc.ReportRejected
				}
				id := fmt.Sprint("evt_life_", i)
				if _, err := receive.Handle(b.Context(), command.Webhook{
					App: "default", Session: kyc.SessionID(fmt.Sprintf("5dbd85de-4a1a-4b0a-9b5e-%012d", session)), Report: report,
					Delivery: &eventlog.Delivery{ID: id, SHA256: sha256.Sum256([]byte(id))},
					Metadata: eventlog.Metadata{DeliveryID: id, Attempt: 1, Payload: payload},
				}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	calling.Wait()
}
