package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

func TestKindIsInferredFromWhatCame(t *testing.T) {
	step, session := on("a", kyc.ReportPendingVerification), on("", kyc.ReportPendingVerification)
	firm := company(kyc.ReportPendingVerification)
	unheard := unknown("")
	unheard.CompanyForm = true
	for name, test := range map[string]struct {
		reports []kyc.Report
		want    kyc.Kind
	}{
		"nothing":                             {nil, kyc.KindUnknown},
		"a step":                              {[]kyc.Report{step}, kyc.KindIndividual},
		"a step, flagged":                     {[]kyc.Report{on("a", kyc.ReportApproved)}, kyc.KindIndividual},
		"a step, repeated":                    {[]kyc.Report{on("a", kyc.ReportSubmissionRequired)}, kyc.KindIndividual},
		"a step's reset":                      {[]kyc.Report{on("a", kyc.ReportReset)}, kyc.KindIndividual},
		"a step, unknown status":              {[]kyc.Report{unknown("a")}, kyc.KindUnknown},
		"a company's form":                    {[]kyc.Report{firm}, kyc.KindCorporate},
		"a company's form, flagged":           {[]kyc.Report{company(kyc.ReportApproved)}, kyc.KindCorporate},
		"a company's form, repeated":          {[]kyc.Report{company(kyc.ReportSubmissionRequired)}, kyc.KindCorporate},
		"a company's form, unknown status":    {[]kyc.Report{unheard}, kyc.KindUnknown},
		"a reset in a company's form":         {[]kyc.Report{company(kyc.ReportReset)}, kyc.KindUnknown},
		"keys present but empty":              {[]kyc.Report{session}, kyc.KindUnknown},
		"a service without a step":            {[]kyc.Report{withService(document, session)}, kyc.KindUnknown},
		"a company's form, then a step":       {[]kyc.Report{firm, step}, kyc.KindIndividual},
		"a step, then a company's form":       {[]kyc.Report{step, firm}, kyc.KindIndividual},
		"a company's form, then its reset":    {[]kyc.Report{firm, company(kyc.ReportReset)}, kyc.KindCorporate},
		"a step, then the session's reset":    {[]kyc.Report{step, on("", kyc.ReportReset)}, kyc.KindIndividual},
		"a company's form, then keys present": {[]kyc.Report{firm, session}, kyc.KindCorporate},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(usual(), test.reports...)
			same(t, "kind", s.session.Kind(usual()), test.want)
		})
	}
}

func TestPinnedKindIsTheKindWhateverCame(t *testing.T) {
	for _, pinned := range []kyc.Kind{kyc.KindIndividual, kyc.KindCorporate} {
		rules := kyc.Rules{Pinned: pinned}
		for _, reports := range [][]kyc.Report{
			nil,
			{on("a", kyc.ReportPendingVerification)},
			{company(kyc.ReportPendingVerification)},
		} {
			same(t, "kind", tell(rules, reports...).session.Kind(rules), pinned)
		}
	}
}

// However a reset was recorded: both kinds are reset in the same form.
func TestResetTellsNothingOfTheKind(t *testing.T) {
	for _, event := range []kyc.Event{
		kyc.SessionReset{Cycle: 2},
		kyc.StatusChanged{Trigger: kyc.ReportReset, To: kyc.SubmissionRequired, CompanyForm: true},
		kyc.StatusRepeated{Trigger: kyc.ReportReset, CompanyForm: true},
		kyc.TransitionFlagged{Attempted: kyc.ReportReset, CompanyForm: true},
	} {
		session := kyc.NewSession()
		session.Apply(event, kyc.Mark{Position: 1, Version: 1, At: dawn()})

		same(t, "kind", session.Kind(usual()), kyc.KindUnknown)
	}
}
