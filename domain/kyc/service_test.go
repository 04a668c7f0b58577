package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

func TestStepKeepsItsFirstService(t *testing.T) {
	pending := on("a", kyc.ReportPendingVerification)
	for name, test := range map[string]struct {
		reports []kyc.Report
		want    kyc.Service
	}{
		"none came":                {[]kyc.Report{withService("", pending)}, ""},
		"the first came with it":   {[]kyc.Report{pending, withService(liveness, pending)}, document},
		"the second came with it":  {[]kyc.Report{withService("", pending), pending, withService(liveness, pending)}, document},
		"a flagged one named it":   {[]kyc.Report{on("a", kyc.ReportApproved), withService(liveness, pending)}, document},
		"a repeated one named it":  {[]kyc.Report{on("a", kyc.ReportSubmissionRequired), withService(liveness, pending)}, document},
		"a discarded one does not": {[]kyc.Report{withService(liveness, unknown("a")), pending}, document},
		"later ones without it":    {[]kyc.Report{pending, withService("", pending)}, document},
		"a reset keeps it":         {[]kyc.Report{pending, on("", kyc.ReportReset), withService(liveness, pending)}, document},
	} {
		t.Run(name, func(t *testing.T) {
			same(t, "service", tell(usual(), test.reports...).step("a").Service, test.want)
		})
	}
}

func TestStepsOfOneServiceAreTracksOfTheirOwn(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification), on("b", kyc.ReportApproved))

	same(t, "a", s.status("a"), kyc.PendingVerification)
	same(t, "b", s.status("b"), kyc.Approved)
}

func TestResultsOfAutomaticServicesNeedNoSubmission(t *testing.T) {
	for service, automatic := range map[kyc.Service]bool{
		"AML": true, "PHONE": true, "EMAIL": true, "DUPLICATE": true,
		"LIVENESS": false, "ID_DOCUMENT": false, "PROOF_OF_ADDRESS": false, "IDENTITY": false, "RESIDENCY": false,
		"COMPANY_DETAILS": false, "SOMETHING_NEW": false, "aml": false, "": false,
	} {
		for _, trigger := range []kyc.Trigger{kyc.ReportApproved, kyc.ReportResubmissionRequired, kyc.ReportRejected} {
			want := kyc.Flagged
			if automatic {
				want = kyc.Applied
			}
			got := begin(usual()).receive(withService(service, on("a", trigger))).Outcome
			if got != want {
				t.Errorf("%s of the service %q: %s, want %s", trigger, service, got, want)
			}
		}
	}
}

// The step's own service decides, not the one that a report names.
func TestStepFollowsTheFlowOfItsFirstService(t *testing.T) {
	for name, test := range map[string]struct {
		first, then kyc.Service
		want        kyc.Outcome
	}{
		"automatic, reported as another": {kyc.ServiceAML, document, kyc.Applied},
		"another, reported as automatic": {document, kyc.ServiceAML, kyc.Flagged},
		"automatic, reported without":    {kyc.ServiceAML, "", kyc.Applied},
		"unknown until this report":      {"", kyc.ServiceAML, kyc.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(usual(), withService(test.first, on("a", kyc.ReportSubmissionRequired)))

			decision := s.receive(withService(test.then, on("a", kyc.ReportApproved)))

			same(t, "outcome", decision.Outcome, test.want)
		})
	}
}

// With steps, it is them that are submitted: the session's result then comes
// without a submission of its own.
func TestSessionTrackIsAutomaticOnceStepsAreSeen(t *testing.T) {
	pending := on("a", kyc.ReportPendingVerification)
	for name, test := range map[string]struct {
		before  []kyc.Report
		service kyc.Service
		want    kyc.Outcome
	}{
		"no steps":                           {nil, "", kyc.Flagged},
		"no steps, an automatic service":     {nil, kyc.ServiceAML, kyc.Flagged},
		"a step seen":                        {[]kyc.Report{pending}, "", kyc.Applied},
		"a step seen, and the session reset": {[]kyc.Report{pending, on("", kyc.ReportReset)}, "", kyc.Applied},
		"a step of an unknown status":        {[]kyc.Report{unknown("a")}, "", kyc.Flagged},
	} {
		t.Run(name, func(t *testing.T) {
			for _, trigger := range []kyc.Trigger{kyc.ReportApproved, kyc.ReportResubmissionRequired, kyc.ReportRejected} {
				decision := tell(usual(), test.before...).receive(withService(test.service, on("", trigger)))
				same(t, "outcome", decision.Outcome, test.want)
			}
		})
	}
}

func TestSessionTrackStaysManualAfterAConflictOnAStep(t *testing.T) {
	s := begin(usual())
	s.conflict(on("a", kyc.ReportApproved))

	same(t, "outcome", s.receive(on("", kyc.ReportApproved)).Outcome, kyc.Flagged)
}

func TestStepsAreListedInTheOrderTheyWereSeen(t *testing.T) {
	s := tell(usual(), on("b", kyc.ReportApproved), on("a", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification))

	var got []kyc.StepID
	for _, step := range s.session.State().Steps {
		got = append(got, step.StepID)
	}
	same(t, "order", got, []kyc.StepID{"b", "a"})
}
