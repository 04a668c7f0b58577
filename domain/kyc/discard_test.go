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
	severity := kyc.SeverityLow
	if want.Track.Status == kyc.Approved && report.StepID == "" || s.status(report.StepID) == kyc.Approved || session.Overall(usual()) == kyc.OverallApproved {
		severity = kyc.SeverityMedium
	}

	decision := s.receive(report)

	same(t, "outcome", decision.Outcome, kyc.Discarded)
	same(t, "events", decision.Events, []kyc.Event{kyc.WebhookDiscarded{
		StepID: report.StepID, Service: report.Service, Status: report.Status, Reason: report.Reason,
		Violation: kyc.UnknownStatus, Severity: severity,
	}})
	want.Version, want.Position, want.UpdatedAt = 2, s.position, s.now
	want.Flags = append(want.Flags, kyc.Flag{
		Position: s.position, StepID: report.StepID, Service: report.Service, Violation: kyc.UnknownStatus, Reason: report.Reason, At: s.now,
	})
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

// Low, for the provider may add a status any day; medium where it may have revoked
// an approval, be it of the step, of the session or of one that its steps make up.
func TestAnUnknownStatusAfterAnApprovalMattersMore(t *testing.T) {
	required := kyc.Rules{Required: []kyc.Service{document}}
	a, b := on("a", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification)
	for name, test := range map[string]struct {
		session *story
		step    kyc.StepID
		want    kyc.Severity
	}{
		"nothing is known":                {begin(usual()), "a", kyc.SeverityLow},
		"the step is pending":             {tell(usual(), a), "a", kyc.SeverityLow},
		"the step was approved":           {tell(usual(), a, on("a", kyc.ReportApproved)), "a", kyc.SeverityMedium},
		"another step was approved":       {tell(usual(), a, on("a", kyc.ReportApproved), b), "b", kyc.SeverityLow},
		"the step was approved and reset": {tell(usual(), a, on("a", kyc.ReportApproved), on("a", kyc.ReportReset)), "a", kyc.SeverityLow},
		"the session was approved":        {tell(usual(), a, on("", kyc.ReportApproved), on("a", kyc.ReportApproved)), "", kyc.SeverityMedium},
		"of a new step":                   {tell(required, a, on("a", kyc.ReportApproved)), "c", kyc.SeverityMedium},
		"steps approve the session":       {tell(required, a, on("a", kyc.ReportApproved)), "", kyc.SeverityMedium},
		"steps that do not approve it":    {tell(usual(), a, on("a", kyc.ReportApproved)), "", kyc.SeverityLow},
	} {
		decision := test.session.receive(kyc.Report{StepID: test.step, Status: "REVOKED"})
		same(t, name, decision.Events[0].(kyc.WebhookDiscarded).Severity, test.want)
	}
}

// There is nothing to apply: either ruling closes the flag, and changes nothing.
func TestEitherRulingClosesTheFlagOfAnUnknownStatus(t *testing.T) {
	for _, accept := range []bool{true, false} {
		s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved), unknown("a"))
		events, err := s.decider.Resolve(s.session, kyc.Ruling{Flag: s.open()[0], Accept: accept, By: reviewer, Note: note})
		same(t, "error", err, nil)
		same(t, "events", len(events), 1)
		s.record(events)
		same(t, "open flags", len(s.open()), 0)
		same(t, "step", s.status("a"), kyc.Approved)
	}
}

// The API says where the session stands, but not what the provider meant.
func TestASnapshotLeavesTheFlagOfAnUnknownStatus(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved), unknown("a"))
	s.reconcile(shows(kyc.SubmissionRequired, at("a", kyc.Rejected)))
	same(t, "step", s.status("a"), kyc.Rejected)
	same(t, "open flags", len(s.open()), 1)
}
