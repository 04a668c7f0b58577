package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

// tracks returns a session with its own track and steps at given statuses; the
// steps are of the services ID_DOCUMENT, LIVENESS and AML, in this order.
func tracks(own kyc.Status, steps ...kyc.Status) *kyc.Session {
	services := []kyc.Service{document, liveness, kyc.ServiceAML}
	state := kyc.State{Version: 1, Cycle: 1, Track: kyc.Track{Status: own}}
	for i, status := range steps {
		state.Steps = append(state.Steps, kyc.Track{
			StepID: kyc.StepID(services[i]), Service: services[i], Status: status,
		})
	}
	return kyc.RestoreSession(state)
}

func TestOverallIsTheFirstRuleThatHolds(t *testing.T) {
	const (
		required     = "SUBMISSION_REQUIRED"
		pending      = "PENDING_VERIFICATION"
		resubmission = "RESUBMISSION_REQUIRED"
		approved     = "APPROVED"
		rejected     = "REJECTED"
		steps        = "STEPS_APPROVED"
	)
	for _, test := range []struct {
		own  string
		rest []string
		want string
	}{
		{required, nil, required},
		{pending, nil, pending},
		{resubmission, nil, resubmission},
		{approved, nil, approved},
		{rejected, nil, rejected},

		{rejected, []string{resubmission, pending, approved}, rejected},
		{approved, []string{pending, resubmission, rejected}, rejected},
		{resubmission, []string{pending, approved}, resubmission},
		{approved, []string{pending, resubmission}, resubmission},
		{pending, []string{approved, required}, pending},
		{approved, []string{pending, required}, pending},
		{required, []string{approved, pending}, pending},

		{approved, []string{required, approved}, approved},
		{approved, []string{required}, approved},
		{approved, []string{approved}, approved},

		{required, []string{required}, required},
		{required, []string{approved, required}, required},
		{required, []string{required, approved, approved}, required},
		{required, []string{approved}, steps},
		{required, []string{approved, approved, approved}, steps},
	} {
		var rest []kyc.Status
		for _, name := range test.rest {
			rest = append(rest, status(t, name))
		}
		got := tracks(status(t, test.own), rest...).Overall(usual())
		if got.String() != test.want {
			t.Errorf("session %s, steps %v: %s, want %s", test.own, test.rest, got, test.want)
		}
	}
}

func status(t *testing.T, name string) kyc.Status {
	t.Helper()
	s, ok := kyc.ParseStatus(name)
	if !ok {
		t.Fatalf("no status %q", name)
	}
	return s
}

func TestApprovedStepsApproveOnlyWhereEachRequiredServiceHasOne(t *testing.T) {
	yes, no := kyc.Approved, kyc.SubmissionRequired
	for _, test := range []struct {
		name     string
		required []kyc.Service
		own      kyc.Status
		steps    []kyc.Status // of ID_DOCUMENT, LIVENESS, AML
		want     kyc.Overall
	}{
		{"none named", nil, no, []kyc.Status{yes, yes}, kyc.OverallStepsApproved},
		{"an empty list", []kyc.Service{}, no, []kyc.Status{yes, yes}, kyc.OverallStepsApproved},
		{"both there", []kyc.Service{liveness, document}, no, []kyc.Status{yes, yes}, kyc.OverallApproved},
		{"more than required", []kyc.Service{document}, no, []kyc.Status{yes, yes}, kyc.OverallApproved},
		{"one missing", []kyc.Service{document, kyc.ServiceAML}, no, []kyc.Status{yes, yes}, kyc.OverallStepsApproved},
		{"another step open", []kyc.Service{document}, no, []kyc.Status{yes, no}, kyc.OverallSubmissionRequired},
		{"the required one open", []kyc.Service{liveness}, no, []kyc.Status{yes, no}, kyc.OverallSubmissionRequired},
		{"no steps", []kyc.Service{document}, no, nil, kyc.OverallSubmissionRequired},
		{"the session rejected", []kyc.Service{document}, kyc.Rejected, []kyc.Status{yes}, kyc.OverallRejected},
		{"the session to be resubmitted", []kyc.Service{document}, kyc.ResubmissionRequired, []kyc.Status{yes}, kyc.OverallResubmissionRequired},
		{"the session pending", []kyc.Service{document}, kyc.PendingVerification, []kyc.Status{yes}, kyc.OverallPendingVerification},
		{"the session approved, one missing", []kyc.Service{kyc.ServiceAML}, yes, []kyc.Status{yes}, kyc.OverallApproved},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := tracks(test.own, test.steps...).Overall(kyc.Rules{Required: test.required})
			same(t, "overall", got, test.want)
		})
	}
}

// Several steps may share a service: one approved step covers it only if the
// others are approved too, for every step seen must be.
func TestEveryStepOfARequiredServiceMustBeApproved(t *testing.T) {
	rules := kyc.Rules{Required: []kyc.Service{document}}
	s := tell(rules, on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved), on("b", kyc.ReportSubmissionRequired))
	same(t, "one of two", s.session.Overall(rules), kyc.OverallSubmissionRequired)

	s.receive(on("b", kyc.ReportPendingVerification))
	s.receive(on("b", kyc.ReportApproved))
	same(t, "both", s.session.Overall(rules), kyc.OverallApproved)
}

func TestAnApprovedStepNeverApprovesTheSession(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))

	same(t, "session", s.status(""), kyc.SubmissionRequired)
	same(t, "overall", s.session.Overall(usual()), kyc.OverallStepsApproved)
}
