package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

// BenchmarkReceiveAndApply is one webhook's share of the domain: a decision
// and the folding of what it made.
func BenchmarkReceiveAndApply(b *testing.B) {
	reports := []kyc.Report{
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved),
		on("b", kyc.ReportPendingVerification), on("b", kyc.ReportApproved),
		on("", kyc.ReportReset),
	}
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: usual()}
	session := kyc.NewSession()
	var position int64
	b.ReportAllocs()
	for b.Loop() {
		report := reports[position%int64(len(reports))]
		for _, event := range decider.Receive(session, report, dawn()).Events {
			position++
			session.Apply(event, kyc.Mark{Position: position, Version: position, At: dawn()})
		}
	}
	// One event each, or the reports above would no longer be those of a life.
	if open := len(session.State().Flags); open > 0 {
		b.Errorf("%d open flags", open)
	}
}

// BenchmarkApply is the folding alone, which a replay is made of.
func BenchmarkApply(b *testing.B) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired),
		on("a", kyc.ReportApproved), on("b", kyc.ReportPendingVerification), on("", kyc.ReportReset),
	)
	b.ReportAllocs()
	for b.Loop() {
		session := kyc.NewSession()
		for _, e := range s.log {
			session.Apply(e.event, e.mark)
		}
	}
	b.ReportMetric(float64(len(s.log)*b.N)/b.Elapsed().Seconds(), "events/s")
}
