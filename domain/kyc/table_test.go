package kyc_test

import "dossier/domain/kyc"

// triple is one cell of the machine: a trigger on a track that stands at a
// status and follows a flow.
type triple struct {
	flow    kyc.Flow
	from    kyc.Status
	trigger kyc.Trigger
}

// verdict is what a report becomes there.
type verdict struct {
	outcome   kyc.Outcome
	to        kyc.Status // of an applied one
	violation kyc.Violation
	severity  kyc.Severity
}

type row struct {
	triple
	want verdict
}

// rows is the design's table, written out cell by cell. It is a second copy on
// purpose: computed from the machine's own table it would prove nothing.
func rows() []row {
	var (
		submission, automatic = kyc.FlowSubmission, kyc.FlowAutomatic

		required     = kyc.SubmissionRequired
		pending      = kyc.PendingVerification
		resubmission = kyc.ResubmissionRequired
		approved     = kyc.Approved
		rejected     = kyc.Rejected

		asksSubmission   = kyc.ReportSubmissionRequired
		submits          = kyc.ReportPendingVerification
		asksResubmission = kyc.ReportResubmissionRequired
		approves         = kyc.ReportApproved
		rejects          = kyc.ReportRejected
		resets           = kyc.ReportReset
	)
	to := func(s kyc.Status) verdict { return verdict{outcome: kyc.Applied, to: s} }
	repeated := verdict{outcome: kyc.Repeated}
	premature := verdict{outcome: kyc.Flagged, violation: kyc.Premature, severity: kyc.SeverityMedium}
	afterFinal := verdict{outcome: kyc.Flagged, violation: kyc.AfterFinal, severity: kyc.SeverityHigh}
	regression := verdict{outcome: kyc.Flagged, violation: kyc.Regression, severity: kyc.SeverityHigh}

	return []row{
		{triple{submission, required, asksSubmission}, repeated},
		{triple{submission, required, submits}, to(pending)},
		{triple{submission, required, asksResubmission}, premature},
		{triple{submission, required, approves}, premature},
		{triple{submission, required, rejects}, premature},
		{triple{submission, required, resets}, to(required)},

		{triple{submission, pending, asksSubmission}, to(resubmission)},
		{triple{submission, pending, submits}, to(pending)},
		{triple{submission, pending, asksResubmission}, to(resubmission)},
		{triple{submission, pending, approves}, to(approved)},
		{triple{submission, pending, rejects}, to(rejected)},
		{triple{submission, pending, resets}, to(required)},

		{triple{submission, resubmission, asksSubmission}, repeated},
		{triple{submission, resubmission, submits}, to(pending)},
		{triple{submission, resubmission, asksResubmission}, repeated},
		{triple{submission, resubmission, approves}, premature},
		{triple{submission, resubmission, rejects}, to(rejected)},
		{triple{submission, resubmission, resets}, to(required)},

		{triple{submission, approved, asksSubmission}, to(resubmission)},
		{triple{submission, approved, submits}, regression},
		{triple{submission, approved, asksResubmission}, to(resubmission)},
		{triple{submission, approved, approves}, repeated},
		{triple{submission, approved, rejects}, to(rejected)},
		{triple{submission, approved, resets}, to(required)},

		{triple{submission, rejected, asksSubmission}, afterFinal},
		{triple{submission, rejected, submits}, afterFinal},
		{triple{submission, rejected, asksResubmission}, afterFinal},
		{triple{submission, rejected, approves}, afterFinal},
		{triple{submission, rejected, rejects}, repeated},
		{triple{submission, rejected, resets}, to(required)},

		{triple{automatic, required, asksSubmission}, repeated},
		{triple{automatic, required, submits}, to(pending)},
		{triple{automatic, required, asksResubmission}, to(resubmission)},
		{triple{automatic, required, approves}, to(approved)},
		{triple{automatic, required, rejects}, to(rejected)},
		{triple{automatic, required, resets}, to(required)},

		{triple{automatic, pending, asksSubmission}, to(resubmission)},
		{triple{automatic, pending, submits}, to(pending)},
		{triple{automatic, pending, asksResubmission}, to(resubmission)},
		{triple{automatic, pending, approves}, to(approved)},
		{triple{automatic, pending, rejects}, to(rejected)},
		{triple{automatic, pending, resets}, to(required)},

		{triple{automatic, resubmission, asksSubmission}, repeated},
		{triple{automatic, resubmission, submits}, to(pending)},
		{triple{automatic, resubmission, asksResubmission}, repeated},
		{triple{automatic, resubmission, approves}, premature},
		{triple{automatic, resubmission, rejects}, to(rejected)},
		{triple{automatic, resubmission, resets}, to(required)},

		{triple{automatic, approved, asksSubmission}, to(resubmission)},
		{triple{automatic, approved, submits}, regression},
		{triple{automatic, approved, asksResubmission}, to(resubmission)},
		{triple{automatic, approved, approves}, repeated},
		{triple{automatic, approved, rejects}, to(rejected)},
		{triple{automatic, approved, resets}, to(required)},

		{triple{automatic, rejected, asksSubmission}, afterFinal},
		{triple{automatic, rejected, submits}, afterFinal},
		{triple{automatic, rejected, asksResubmission}, afterFinal},
		{triple{automatic, rejected, approves}, afterFinal},
		{triple{automatic, rejected, rejects}, repeated},
		{triple{automatic, rejected, resets}, to(required)},
	}
}

// verdicts returns the rows by their triple.
func verdicts() map[triple]verdict {
	found := map[triple]verdict{}
	for _, r := range rows() {
		found[r.triple] = r.want
	}
	return found
}
