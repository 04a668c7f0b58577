package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

func violated(v kyc.Violation, expected string, r kyc.Report) kyc.ContractViolated {
	return kyc.ContractViolated{
		StepID: r.StepID, Service: r.Service, Violation: v, Severity: kyc.SeverityLow, Expected: expected,
	}
}

// checkContract receives a report that must be applied, and compares the
// contract violations that follow its event.
func checkContract(t *testing.T, s *story, r kyc.Report, want ...kyc.Event) {
	t.Helper()
	decision := s.receive(r)
	same(t, "outcome", decision.Outcome, kyc.Applied)
	same(t, "violations", append([]kyc.Event(nil), decision.Events[1:]...), want)
	same(t, "open flags", len(s.open()), len(want))
}

func TestMissingReason(t *testing.T) {
	for _, test := range []struct {
		report  kyc.Report
		missing bool
	}{
		{withReason("", on("a", kyc.ReportResubmissionRequired)), true},
		{withReason("", on("a", kyc.ReportRejected)), true},
		{on("a", kyc.ReportResubmissionRequired), false},
		{on("a", kyc.ReportRejected), false},
		{on("a", kyc.ReportApproved), false},
		{on("a", kyc.ReportPendingVerification), false},
		{withReason(blurred, on("a", kyc.ReportPendingVerification)), false},
		{on("a", kyc.ReportSubmissionRequired), false},
		{on("a", kyc.ReportReset), false},
		{on("", kyc.ReportReset), false},
	} {
		var want []kyc.Event
		if test.missing {
			want = append(want, violated(kyc.MissingReason, "", test.report))
		}
		checkContract(t, tell(usual(), on("a", kyc.ReportPendingVerification)), test.report, want...)
	}
}

func TestServiceMismatch(t *testing.T) {
	pending := on("a", kyc.ReportPendingVerification)
	for name, test := range map[string]struct {
		first, then kyc.Report
		mismatch    bool
	}{
		"another service":                 {pending, withService(liveness, pending), true},
		"another service with a reset":    {pending, withService(liveness, on("a", kyc.ReportReset)), true},
		"the same service":                {pending, pending, false},
		"no service is no other service":  {pending, withService("", pending), false},
		"a service that was not known":    {withService("", pending), pending, false},
		"the same service, another step":  {pending, on("b", kyc.ReportPendingVerification), false},
		"another service, another step":   {pending, withService(liveness, on("b", kyc.ReportPendingVerification)), false},
		"a service on the session itself": {pending, withService(liveness, on("", kyc.ReportPendingVerification)), false},
	} {
		t.Run(name, func(t *testing.T) {
			var want []kyc.Event
			if test.mismatch {
				want = append(want, violated(kyc.ServiceMismatch, string(document), test.then))
			}
			checkContract(t, tell(usual(), test.first), test.then, want...)
		})
	}
}

func TestKindMismatch(t *testing.T) {
	individual := kyc.Rules{Pinned: kyc.KindIndividual}
	corporate := kyc.Rules{Pinned: kyc.KindCorporate}
	step, session := on("a", kyc.ReportPendingVerification), on("", kyc.ReportPendingVerification)
	firm := company(kyc.ReportPendingVerification)
	for name, test := range map[string]struct {
		rules    kyc.Rules
		before   []kyc.Report
		report   kyc.Report
		expected string
	}{
		"a step, pinned to companies":           {corporate, nil, step, "corporate"},
		"a step without a service":              {corporate, nil, withService("", step), "corporate"},
		"a service on a company's session":      {corporate, nil, withService(liveness, session), "corporate"},
		"a step's reset on a company's session": {corporate, nil, on("a", kyc.ReportReset), "corporate"},
		"a step, a company inferred":            {usual(), []kyc.Report{firm}, step, "corporate"},
		"a company's form, pinned to people":    {individual, nil, firm, "individual"},
		"a company's form, a person inferred":   {usual(), []kyc.Report{step}, firm, "individual"},
		"a company's form of a company":         {corporate, nil, firm, ""},
		"an empty service, of a company":        {corporate, nil, session, ""},
		"a step of a person":                    {individual, nil, step, ""},
		"the session of a person":               {individual, nil, session, ""},
		"a reset in a company's form":           {individual, nil, company(kyc.ReportReset), ""},
		"a step, nothing known":                 {usual(), nil, step, ""},
		"a company's form, nothing known":       {usual(), nil, firm, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var want []kyc.Event
			if test.expected != "" {
				want = append(want, violated(kyc.KindMismatch, test.expected, test.report))
			}
			checkContract(t, tell(test.rules, test.before...), test.report, want...)
		})
	}
}

func TestOneReportCanBreakTheContractInEveryWay(t *testing.T) {
	s := tell(kyc.Rules{}, on("a", kyc.ReportPendingVerification))
	s.decider.Rules.Pinned = kyc.KindCorporate
	r := withReason("", withService(liveness, on("a", kyc.ReportRejected)))

	decision := s.receive(r)

	same(t, "violations", decision.Events[1:], []kyc.Event{
		violated(kyc.MissingReason, "", r),
		violated(kyc.ServiceMismatch, string(document), r),
		violated(kyc.KindMismatch, "corporate", r),
	})
	same(t, "status", s.status("a"), kyc.Rejected)
}

// What was not applied breaks nothing: its own event tells all that came.
func TestOnlyAppliedReportsBreakTheContract(t *testing.T) {
	bad := func(trigger kyc.Trigger) kyc.Report {
		return withReason("", withService(liveness, on("a", trigger)))
	}
	rejected := []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportRejected)}
	for name, test := range map[string]struct {
		report kyc.Report
		want   kyc.Outcome
	}{
		"repeated":  {bad(kyc.ReportRejected), kyc.Repeated},
		"flagged":   {bad(kyc.ReportResubmissionRequired), kyc.Flagged},
		"discarded": {withService(liveness, unknown("a")), kyc.Discarded},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(kyc.Rules{}, rejected...)
			s.decider.Rules.Pinned = kyc.KindCorporate

			decision := s.receive(test.report)

			same(t, "outcome", decision.Outcome, test.want)
			same(t, "events", len(decision.Events), 1)
		})
	}
}
