package webhook

import (
	"testing"

	"dossier/domain/kyc"
)

func TestVocabularies(t *testing.T) {
	var none kyc.Trigger
	for _, c := range []struct {
		fields  string
		trigger kyc.Trigger
		unknown string
	}{
		{`"status":"SUBMISSION_REQUIRED"`, kyc.ReportSubmissionRequired, ""},
		{`"status":"PENDING_VERIFICATION"`, kyc.ReportPendingVerification, ""},
		{`"status":"RESUBMISSION_REQUIRED"`, kyc.ReportResubmissionRequired, ""},
		{`"status":"APPROVED"`, kyc.ReportApproved, ""},
		{`"status":"REJECTED"`, kyc.ReportRejected, ""},
		{`"status":"RESET"`, kyc.ReportReset, ""},

		{`"state":"SUBMITTED"`, kyc.ReportPendingVerification, ""},
		{`"state":"VALIDATED"`, kyc.ReportApproved, ""},
		{`"state":"REJECTED"`, kyc.ReportResubmissionRequired, ""},
		{`"state":"FINAL_REJECTED"`, kyc.ReportRejected, ""},
		{`"state":"RESET"`, kyc.ReportReset, ""},

		// The field that is present chooses, whatever its order.
		{`"status":"REJECTED","state":"REJECTED"`, kyc.ReportRejected, ""},
		{`"state":"REJECTED","status":"REJECTED"`, kyc.ReportRejected, ""},
		{`"state":"REJECTED","status":null`, kyc.ReportResubmissionRequired, ""},
		{`"status":"REJECTED","state":null`, kyc.ReportRejected, ""},
		{`"status":"REJECTED","state":7`, kyc.ReportRejected, ""},

		// A word of the other vocabulary is unknown, and so is one in another form.
		{`"status":"VALIDATED"`, none, "VALIDATED"},
		{`"status":"FINAL_REJECTED"`, none, "FINAL_REJECTED"},
		{`"state":"APPROVED"`, none, "APPROVED"},
		{`"state":"PENDING_VERIFICATION"`, none, "PENDING_VERIFICATION"},
		{`"status":"approved"`, none, "approved"},
		{`"status":" APPROVED"`, none, " APPROVED"},
		{`"status":"APPROVED\u0000"`, none, "APPROVED\uFFFD"},
		{`"status":"EXPIRED"`, none, "EXPIRED"},
		{`"state":"rejected"`, none, "rejected"},
	} {
		m, err := parse([]byte(`{"session_id":"s",` + c.fields + `}`))
		if err != nil {
			t.Errorf("%s: %v", c.fields, err)
			continue
		}
		if m.report.Trigger != c.trigger || m.report.Status != c.unknown {
			t.Errorf("%s: trigger %q, status %q, want %q, %q", c.fields, m.report.Trigger, m.report.Status, c.trigger, c.unknown)
		}
	}
}
