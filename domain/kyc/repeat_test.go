package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

func TestRepeatedReportChangesNothing(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired))
	want := s.session.State()

	decision := s.receive(withReason("another reason", on("a", kyc.ReportResubmissionRequired)))

	same(t, "outcome", decision.Outcome, kyc.Repeated)
	want.Version, want.Position, want.UpdatedAt = 3, s.position, s.now
	same(t, "the session", s.session.State(), want)
}

// A move that ends where the track is tells nothing new either.
func TestSubmissionRequiredOfAResubmissionIsRepeated(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired))

	decision := s.receive(on("a", kyc.ReportSubmissionRequired))

	same(t, "events", decision.Events, []kyc.Event{kyc.StatusRepeated{
		StepID: "a", Service: document, Trigger: kyc.ReportSubmissionRequired, Status: kyc.ResubmissionRequired,
	}})
}

func TestRepeatedReportMakesAStepSeen(t *testing.T) {
	s := begin(usual())

	decision := s.receive(on("a", kyc.ReportSubmissionRequired))

	same(t, "outcome", decision.Outcome, kyc.Repeated)
	same(t, "steps", s.session.State().Steps, []kyc.Track{{
		StepID: "a", Service: document, Status: kyc.SubmissionRequired, UpdatedAt: dawn(),
	}})
}

func TestAnotherDocumentIsNewsAndCounted(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification))

	decision := s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "outcome", decision.Outcome, kyc.Applied)
	same(t, "events", decision.Events, []kyc.Event{kyc.StatusChanged{
		StepID: "a", Service: document, Trigger: kyc.ReportPendingVerification,
		From: kyc.PendingVerification, To: kyc.PendingVerification, Cause: kyc.CauseReported,
	}})
	same(t, "submissions", s.step("a").Submissions, 2)
	same(t, "updated", s.step("a").UpdatedAt, dawn().Add(time.Minute))
}
