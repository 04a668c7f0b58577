package fakesynaps

import (
	"slices"
	"testing"

	"dossier/adapters/simulator"
	"dossier/domain/kyc"
)

// TestARecordStandsWhereItsMovesLead: a reset is no status, but a beginning.
func TestARecordStandsWhereItsMovesLead(t *testing.T) {
	r := newRecord(kyc.DefaultApp, simulator.Life{Steps: []simulator.Step{{ID: "1"}, {ID: "2"}}})
	start, pending, approved := kyc.SubmissionRequired, kyc.PendingVerification, kyc.Approved
	for _, row := range []struct {
		step    kyc.StepID
		trigger kyc.Trigger
		status  kyc.Status
		steps   []kyc.Status
	}{
		{"1", kyc.ReportPendingVerification, start, []kyc.Status{pending, start}},
		{"", kyc.ReportPendingVerification, pending, []kyc.Status{pending, start}},
		{"1", kyc.ReportApproved, pending, []kyc.Status{approved, start}},
		{"2", kyc.ReportApproved, pending, []kyc.Status{approved, approved}},
		{"1", kyc.ReportReset, pending, []kyc.Status{start, approved}},
		{"", kyc.ReportReset, start, []kyc.Status{start, start}},
	} {
		r.move(simulator.Move{Step: row.step, Trigger: row.trigger})
		if s := r.truth(); s.Status != row.status || !slices.Equal(r.steps, row.steps) {
			t.Errorf("after %s of step %q: %s with %v", row.trigger, row.step, s.Status, r.steps)
		}
	}
}
