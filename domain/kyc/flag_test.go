package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

func TestFlaggedReportIsHeldAndMovesNothing(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	want := s.session.State()

	decision := s.receive(withReason("again", on("a", kyc.ReportPendingVerification)))

	same(t, "events", decision.Events, []kyc.Event{kyc.TransitionFlagged{
		StepID: "a", Service: document, Violation: kyc.Regression, Severity: kyc.SeverityHigh,
		From: kyc.Approved, Attempted: kyc.ReportPendingVerification, Reason: "again",
	}})
	want.Version, want.Position, want.UpdatedAt = 3, s.position, s.now
	want.Flags = []kyc.Flag{{
		Position: s.position, StepID: "a", Service: document, Violation: kyc.Regression,
		Attempted: kyc.ReportPendingVerification, Reason: "again", At: s.now,
	}}
	same(t, "the session", s.session.State(), want)
}

func TestFlaggedReportMakesAStepSeen(t *testing.T) {
	s := begin(usual())

	decision := s.receive(on("a", kyc.ReportApproved))

	same(t, "outcome", decision.Outcome, kyc.Flagged)
	same(t, "steps", s.session.State().Steps, []kyc.Track{{
		StepID: "a", Service: document, Status: kyc.SubmissionRequired, UpdatedAt: dawn(),
	}})
}

func TestEachFlagStaysOpenByItself(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved), on("a", kyc.ReportApproved), on("", kyc.ReportReset))

	// The first and the second were recorded at 11 and 22.
	same(t, "open flags", s.open(), []int64{11, 22})
}
