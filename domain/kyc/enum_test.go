package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

// The names are stored and shown to others: they are a contract, and so is it
// that no other name is taken for one of them.
func TestEnumerationsAreClosed(t *testing.T) {
	checkEnum(t, kyc.Statuses(), kyc.ParseStatus,
		"SUBMISSION_REQUIRED", "PENDING_VERIFICATION", "RESUBMISSION_REQUIRED", "APPROVED", "REJECTED")
	checkEnum(t, kyc.Triggers(), kyc.ParseTrigger,
		"SUBMISSION_REQUIRED", "PENDING_VERIFICATION", "RESUBMISSION_REQUIRED", "APPROVED", "REJECTED", "RESET")
	checkEnum(t, kyc.Overalls(), kyc.ParseOverall,
		"SUBMISSION_REQUIRED", "PENDING_VERIFICATION", "RESUBMISSION_REQUIRED", "STEPS_APPROVED", "APPROVED", "REJECTED")
	checkEnum(t, kyc.Outcomes(), kyc.ParseOutcome, "applied", "repeated", "flagged", "discarded", "duplicate")
	checkEnum(t, kyc.Violations(), kyc.ParseViolation,
		"premature", "after_final", "regression", "delivery_conflict",
		"missing_reason", "service_mismatch", "kind_mismatch", "unknown_status")
	checkEnum(t, kyc.Severities(), kyc.ParseSeverity, "low", "medium", "high")
	checkEnum(t, kyc.Causes(), kyc.ParseCause, "reported", "healed", "override", "reconciled")
	checkEnum(t, kyc.Resolutions(), kyc.ParseResolution, "accept", "dismiss", "healed", "superseded", "reconciled")
	checkEnum(t, kyc.Kinds(), kyc.ParseKind, "unknown", "individual", "corporate")
}

// enum is a closed enumeration: a struct with an unexported name.
type enum interface {
	comparable
	String() string
}

func checkEnum[E enum](t *testing.T, all []E, read func(string) (E, bool), names ...string) {
	t.Helper()
	var got []string
	for _, e := range all {
		got = append(got, e.String())
		if back, ok := read(e.String()); !ok || back != e {
			t.Errorf("%T %s is read as %s, %t", e, e, back, ok)
		}
	}
	same(t, "names", got, names)
	var none E
	same(t, "zero value", none.String(), "")
	for _, name := range []string{"", "approved ", "Approved", "APPLIED", "reset", "VALIDATED", "low\n"} {
		if e, ok := read(name); ok || e != none {
			t.Errorf("%q is read as %T %s, %t", name, e, e, ok)
		}
	}
}

func TestFlowsHaveNames(t *testing.T) {
	same(t, "submission", kyc.FlowSubmission.String(), "submission")
	same(t, "automatic", kyc.FlowAutomatic.String(), "automatic")
}

func TestOnlyTheZeroTriggerIsUnknown(t *testing.T) {
	same(t, "zero value", kyc.Trigger{}.Known(), false)
	for _, trigger := range kyc.Triggers() {
		same(t, trigger.String(), trigger.Known(), true)
	}
}

func TestSeverityOfEachViolation(t *testing.T) {
	want := map[kyc.Violation]kyc.Severity{
		kyc.Premature:        kyc.SeverityMedium,
		kyc.AfterFinal:       kyc.SeverityHigh,
		kyc.Regression:       kyc.SeverityHigh,
		kyc.DeliveryConflict: kyc.SeverityHigh,
		kyc.MissingReason:    kyc.SeverityLow,
		kyc.ServiceMismatch:  kyc.SeverityLow,
		kyc.KindMismatch:     kyc.SeverityLow,
		kyc.UnknownStatus:    kyc.SeverityLow, // before an approval
	}
	for _, v := range kyc.Violations() {
		same(t, v.String(), v.Severity(), want[v])
	}
}

func TestRuleBookFallsBackToTheDefault(t *testing.T) {
	book := kyc.RuleBook{
		Default: usual(),
		Apps:    map[kyc.App]kyc.Rules{"firms": {Pinned: kyc.KindCorporate}},
	}
	same(t, "an app that is named", book.For("firms"), kyc.Rules{Pinned: kyc.KindCorporate})
	same(t, "an app that is not", book.For("people"), usual())
	same(t, "an empty book", kyc.RuleBook{}.For("people"), kyc.Rules{})
}
