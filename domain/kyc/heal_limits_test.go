package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

func TestHealingIgnoresFlagsFromBeforeTheLastReset(t *testing.T) {
	for name, test := range map[string]struct{ step, reset kyc.StepID }{
		"a step, after its own reset":          {"a", "a"},
		"a step, after the session's reset":    {"a", ""},
		"the session, after the session's own": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(usual())
			s.receive(on(test.step, kyc.ReportApproved))
			flag := s.newestFlag()
			s.receive(on(test.reset, kyc.ReportReset))
			s.receive(withAttempt(2, on(test.step, kyc.ReportPendingVerification)))

			same(t, "status", s.status(test.step), kyc.PendingVerification)
			same(t, "open flags", s.open(), []int64{flag})
		})
	}
}

// An approval that came before its submission was known is overtaken when the
// provider then asks for another submission: that one, however late, must not
// apply it.
func TestHealingIgnoresFlagsFromBeforeTheLastResult(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved))
	flag := s.newestFlag()
	s.receive(on("a", kyc.ReportPendingVerification)) // a minute later: not healed
	s.receive(on("a", kyc.ReportResubmissionRequired))
	s.receive(withAttempt(2, on("a", kyc.ReportPendingVerification)))

	same(t, "status", s.status("a"), kyc.PendingVerification)
	same(t, "open flags", s.open(), []int64{flag})
}

func TestAcceptedPendingVerificationCountsAsAnotherDocument(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification))
	s.conflict(on("a", kyc.ReportPendingVerification))

	if _, err := s.rule(accept(s.newestFlag())); err != nil {
		t.Fatal(err)
	}

	same(t, "submissions", s.step("a").Submissions, 2)
}

func TestHealingSurvivesTheResetOfAnotherStep(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	s.receive(on("b", kyc.ReportReset))
	s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "status", s.status("a"), kyc.Approved)
}

func TestHealingAppliesTheNewestFlagAndSupersedesTheOthers(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	s.receive(on("a", kyc.ReportResubmissionRequired))
	s.receive(on("a", kyc.ReportRejected))
	flags := s.open()
	same(t, "flags", len(flags), 3)

	decision := s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "what it brings along", decision.Events[1:], []kyc.Event{
		kyc.StatusChanged{
			StepID: "a", Service: document, Trigger: kyc.ReportRejected, From: kyc.PendingVerification,
			To: kyc.Rejected, Reason: blurred, Cause: kyc.CauseHealed, Flag: flags[2],
		},
		kyc.FlagResolved{StepID: "a", Flag: flags[2], Resolution: kyc.ResolvedHealed, By: kyc.HealedBy},
		kyc.FlagResolved{StepID: "a", Flag: flags[0], Resolution: kyc.ResolvedSuperseded, By: kyc.HealedBy},
		kyc.FlagResolved{StepID: "a", Flag: flags[1], Resolution: kyc.ResolvedSuperseded, By: kyc.HealedBy},
	})
	same(t, "open flags", s.open(), []int64(nil))
}

func TestHealingSupersedesOnlyFlagsThatItIsLateFor(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportRejected))
	old := s.newestFlag()
	s.wait(20 * time.Second)
	s.receive(on("a", kyc.ReportApproved))
	s.wait(20 * time.Second)
	s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "status", s.status("a"), kyc.Approved)
	same(t, "open flags", s.open(), []int64{old})
}

func TestHealingLeavesOtherTracksAlone(t *testing.T) {
	s := begin(usual())
	s.receive(company(kyc.ReportApproved))
	s.receive(on("a", kyc.ReportApproved))
	s.receive(on("b", kyc.ReportApproved))
	flags := s.open()
	same(t, "flags", len(flags), 3)

	s.receive(on("b", kyc.ReportPendingVerification))

	same(t, "session", s.status(""), kyc.SubmissionRequired)
	same(t, "a", s.status("a"), kyc.SubmissionRequired)
	same(t, "b", s.status("b"), kyc.Approved)
	same(t, "open flags", s.open(), flags[:2])
}

// A conflict that attempts what a premature report would is the nearest thing
// to one.
func TestHealingIgnoresFlagsThatAreNotPremature(t *testing.T) {
	tests := map[string]func(*story){
		"delivery conflict": func(s *story) { s.conflict(on("a", kyc.ReportApproved)) },
		"contract violation": func(s *story) {
			s.receive(on("a", kyc.ReportPendingVerification))
			s.receive(withReason("", on("a", kyc.ReportResubmissionRequired)))
		},
		"regression, then revoked": func(s *story) {
			s.receive(on("a", kyc.ReportPendingVerification))
			s.receive(on("a", kyc.ReportApproved))
			s.receive(on("a", kyc.ReportPendingVerification))
			s.receive(on("a", kyc.ReportResubmissionRequired))
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			s := begin(usual())
			prepare(s)
			flag := s.newestFlag()
			s.receive(withAttempt(2, on("a", kyc.ReportPendingVerification)))

			same(t, "status", s.status("a"), kyc.PendingVerification)
			same(t, "open flags", s.open(), []int64{flag})
		})
	}
}

func TestHealingIgnoresAResolvedFlag(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	if _, err := s.rule(dismiss(s.newestFlag())); err != nil {
		t.Fatal(err)
	}
	s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "status", s.status("a"), kyc.PendingVerification)
}

// Only the arrival of what was missing heals: a PENDING_VERIFICATION that is
// itself held is not applied.
func TestOnlyAnAppliedPendingVerificationHeals(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	s.conflict(on("a", kyc.ReportPendingVerification))

	same(t, "status", s.status("a"), kyc.SubmissionRequired)
	same(t, "flags", len(s.open()), 2)
}

// The contract violations of the late report are its own; what it heals follows.
func TestContractViolationsComeBeforeTheHealing(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	flag := s.newestFlag()

	decision := s.receive(withService(liveness, on("a", kyc.ReportPendingVerification)))

	same(t, "what it brings along", decision.Events[1:], []kyc.Event{
		kyc.ContractViolated{
			StepID: "a", Service: liveness, Violation: kyc.ServiceMismatch,
			Severity: kyc.SeverityLow, Expected: string(document),
		},
		kyc.StatusChanged{
			StepID: "a", Service: document, Trigger: kyc.ReportApproved,
			From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseHealed, Flag: flag,
		},
		kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedHealed, By: kyc.HealedBy},
	})
}
