package sqlstore_test

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"dossier/adapters/codec"
	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/replay"
	"dossier/domain/kyc"
)

// BenchmarkReplay folds the whole log, as the command does. The machine is
// shared with the database, so the processor time is told as well: that of this
// process, in which SQLite runs too.
func BenchmarkReplay(b *testing.B) {
	const sessions = 25_000
	onEachDatabase(b, func(b *testing.B, db backend) {
		appendLives(b, db.run(b, quiet()), sessions)
		fold := replay.Fold{Log: db.run(b, quiet()), Decode: codec.Decode}
		events := int64(sessions * len(life("0")))
		b.ReportAllocs()
		began := cpuTime(b)
		for b.Loop() {
			totals, err := fold.Run(b.Context(), 1, events)
			if err != nil || totals.Sessions != sessions {
				b.Fatalf("%d sessions, %v", totals.Sessions, err)
			}
		}
		folded := float64(b.N) * float64(events)
		b.ReportMetric(folded/b.Elapsed().Seconds(), "events/s")
		b.ReportMetric(float64((cpuTime(b)-began).Nanoseconds())/folded, "cpu-ns/event")
	})
}

// appendLives appends whole lives of sessions, many at once.
func appendLives(b *testing.B, s *sqlstore.Store, sessions int) {
	b.Helper()
	const callers = 128
	var appending sync.WaitGroup
	for caller := range callers {
		appending.Go(func() {
			for i := caller; i < sessions; i += callers {
				r := request(fmt.Sprintf("2ac3f7ab-3729-f968-3f55-%012d", i), "")
				r.Metadata = eventlog.Metadata{DeliveryID: fmt.Sprint("evt_", i), Attempt: 1, Payload: payload}
				r.Decide = func(eventlog.Head) ([]kyc.Event, error) { return life(kyc.StepID(fmt.Sprint(1253242 + 2*i))), nil }
				if _, err := s.Append(b.Context(), r); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	appending.Wait()
}

// life are the events of a person with two steps, the first of which has an id of
// the person's own.
func life(id kyc.StepID) []kyc.Event {
	moved := func(step kyc.StepID, service kyc.Service, t kyc.Trigger, from, to kyc.Status, reason string) kyc.Event {
		return kyc.StatusChanged{StepID: step, Service: service, Trigger: t, From: from, To: to, Reason: reason, Cause: kyc.CauseReported}
	}
	return []kyc.Event{
		moved(id, "LIVENESS", kyc.ReportPendingVerification, kyc.SubmissionRequired, kyc.PendingVerification, ""),
		moved(id, "LIVENESS", kyc.ReportApproved, kyc.PendingVerification, kyc.Approved, ""),
		moved("1253243", "ID_DOCUMENT", kyc.ReportPendingVerification, kyc.SubmissionRequired, kyc.PendingVerification, ""),
		moved("1253243", "ID_DOCUMENT", kyc.ReportResubmissionRequired, kyc.PendingVerification, kyc.ResubmissionRequired, "The document is blurred."),
		moved("1253243", "ID_DOCUMENT", kyc.ReportPendingVerification, kyc.ResubmissionRequired, kyc.PendingVerification, ""),
		moved("1253243", "ID_DOCUMENT", kyc.ReportApproved, kyc.PendingVerification, kyc.Approved, ""),
		kyc.StatusRepeated{StepID: "1253243", Service: "ID_DOCUMENT", Trigger: kyc.ReportApproved, Status: kyc.Approved},
		moved("", "", kyc.ReportApproved, kyc.SubmissionRequired, kyc.Approved, ""),
	}
}

// cpuTime returns the processor time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
