package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

func TestUnknownStatusIsDiscardedInEveryState(t *testing.T) {
	for _, r := range rows() {
		for _, step := range []kyc.StepID{"", "step"} {
			for _, status := range []string{"EXPIRED", "approved", ""} {
				checkDiscarded(t, r.standing(step), kyc.Report{
					StepID: step, Service: document, Status: status, Reason: blurred, CompanyForm: step == "",
				})
			}
		}
	}
}

func checkDiscarded(t *testing.T, session *kyc.Session, report kyc.Report) {
	t.Helper()
	s := begin(usual())
	s.session = session
	want := session.State()

	decision := s.receive(report)

	same(t, "outcome", decision.Outcome, kyc.Discarded)
	same(t, "events", decision.Events, []kyc.Event{kyc.WebhookDiscarded{
		StepID: report.StepID, Service: report.Service, Status: report.Status, Reason: report.Reason,
	}})
	want.Version, want.Position, want.UpdatedAt = 2, s.position, s.now
	same(t, "the session", s.session.State(), want)
}

func TestDiscardedReportDoesNotMakeAStepSeen(t *testing.T) {
	s := tell(usual(), unknown("a"))

	same(t, "steps", s.session.State().Steps, []kyc.Track(nil))
	same(t, "kind", s.session.Kind(usual()), kyc.KindUnknown)
	same(t, "overall", s.session.Overall(usual()), kyc.OverallSubmissionRequired)
}

func TestDiscardedReportTellsNothingOfTheKind(t *testing.T) {
	r := unknown("")
	r.CompanyForm = true

	s := tell(usual(), r)

	same(t, "kind", s.session.Kind(usual()), kyc.KindUnknown)
}
