package sqlstore_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"dossier/adapters/sqlstore"
	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// onEachDatabase runs a benchmark on each database; PostgreSQL is skipped
// where there is none.
func onEachDatabase(b *testing.B, bench func(*testing.B, backend)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { bench(b, onSQLite(b)) })
	b.Run("postgres", func(b *testing.B) { bench(b, onPostgres(b)) })
}

// BenchmarkAppend measures webhooks without HTTP: each is decided by the state
// machine, deduplicated and durable before its caller goes on.
func BenchmarkAppend(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, db backend) {
		for _, callers := range []int{1, 64, 128, 256} {
			b.Run(fmt.Sprintf("%d-callers", callers), func(b *testing.B) {
				receive := command.NewReceiveWebhook(db.run(b, quiet()), kyc.NewMachine(), kyc.RuleBook{})
				var next atomic.Int64
				var calling sync.WaitGroup
				b.ResetTimer()
				for range callers {
					calling.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							if _, err := receive.Handle(b.Context(), webhook(callers, b.N, i)); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				calling.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	})
}

// payload is as long as a real webhook.
var payload = `{"session_id":"x","service":"LIVENESS","status":"PENDING_VERIFICATION","reason":"` + strings.Repeat("r", 300) + `"}`

// webhook is one of a session that gets four. The size of the run makes the
// deliveries of each run new ones.
func webhook(callers, size int, i int64) command.Webhook {
	id := fmt.Sprint("evt_", callers, "_", size, "_", i)
	return command.Webhook{
		App: "default", Session: kyc.SessionID(fmt.Sprint("session-", callers, "-", size, "-", i/4)),
		Report:   kyc.Report{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, Attempt: 1},
		Delivery: &eventlog.Delivery{ID: id, SHA256: sha256.Sum256([]byte(id))},
		Metadata: eventlog.Metadata{DeliveryID: id, Attempt: 1, Payload: payload},
	}
}

// BenchmarkReadAll measures what a projection or a subscriber reads from the
// database, in the pages of the runner.
func BenchmarkReadAll(b *testing.B) {
	const events, page = 50_000, 2000
	onEachDatabase(b, func(b *testing.B, db backend) {
		fill(b, db.run(b, quiet()), events)
		reader := db.run(b, quiet()) // which has nothing in memory
		after := int64(0)
		b.ResetTimer()
		for range b.N {
			read, err := reader.ReadAll(b.Context(), after, page)
			if err != nil || len(read) != page {
				b.Fatalf("%d events, %v", len(read), err)
			}
			after = (after + page) % events
		}
		b.ReportMetric(float64(b.N)*page/b.Elapsed().Seconds(), "events/s")
	})
}

func fill(b testing.TB, s *sqlstore.Store, events int) {
	b.Helper()
	many := make([]kyc.Event, 1000)
	for i := range many {
		many[i] = kyc.StatusRepeated{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportApproved, Status: kyc.Approved}
	}
	for i := range events / len(many) {
		r := request(fmt.Sprint(i), "")
		r.Decide = func(eventlog.Head) ([]kyc.Event, error) { return many, nil }
		if _, err := s.Append(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
