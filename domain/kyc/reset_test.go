package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

func TestResetOfTheSessionResetsEveryTrack(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportRejected),
		on("b", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification),
		on("", kyc.ReportRejected),
	)

	decision := s.receive(withReason("wrong person", on("", kyc.ReportReset)))

	same(t, "events", decision.Events, []kyc.Event{
		kyc.SessionReset{Cycle: 2, Reason: "wrong person", Cause: kyc.CauseReported},
	})
	state := s.session.State()
	same(t, "session", state.Track, kyc.Track{
		Status: kyc.SubmissionRequired, Reason: "wrong person", UpdatedAt: s.now, SettledAt: s.position,
	})
	same(t, "steps", state.Steps, []kyc.Track{
		{StepID: "a", Service: document, Status: kyc.SubmissionRequired, UpdatedAt: s.now, SettledAt: s.position},
		{StepID: "b", Service: document, Status: kyc.SubmissionRequired, UpdatedAt: s.now, SettledAt: s.position},
	})
}

func TestEveryResetOfTheSessionStartsTheNextCycle(t *testing.T) {
	s := begin(usual())
	same(t, "first cycle", s.session.State().Cycle, 1)
	for want := 2; want <= 4; want++ {
		decision := s.receive(on("", kyc.ReportReset))

		same(t, "outcome", decision.Outcome, kyc.Applied)
		same(t, "cycle", s.session.State().Cycle, want)
	}
}

func TestResetOfTheSessionKeepsTheServiceThatItNamed(t *testing.T) {
	decision := begin(usual()).receive(withService(liveness, on("", kyc.ReportReset)))

	same(t, "events", decision.Events, []kyc.Event{
		kyc.SessionReset{Cycle: 2, Service: liveness, Cause: kyc.CauseReported},
	})
}

func TestSessionGoesOnAfterARejectionAndAReset(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportRejected), on("", kyc.ReportReset),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved),
	)

	same(t, "status", s.status("a"), kyc.Approved)
	same(t, "submissions of this cycle", s.step("a").Submissions, 1)
	same(t, "open flags", s.open(), []int64(nil))
}

func TestResetLeavesFlagsOpen(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved), on("", kyc.ReportApproved))
	flags := s.open()

	s.receive(on("a", kyc.ReportReset))
	s.receive(on("", kyc.ReportReset))

	same(t, "open flags", s.open(), flags)
}

func TestResetOfAStepResetsThatStepOnly(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportRejected),
		on("b", kyc.ReportPendingVerification), on("", kyc.ReportPendingVerification),
	)
	before := s.session.State()
	s.wait(time.Hour)

	decision := s.receive(withReason("wrong page", on("a", kyc.ReportReset)))

	same(t, "events", decision.Events, []kyc.Event{kyc.StatusChanged{
		StepID: "a", Service: document, Trigger: kyc.ReportReset, From: kyc.Rejected, To: kyc.SubmissionRequired,
		Reason: "wrong page", Cause: kyc.CauseReported,
	}})
	after := s.session.State()
	same(t, "cycle", after.Cycle, 1)
	same(t, "session", after.Track, before.Track)
	same(t, "b", after.Steps[1], before.Steps[1])
	same(t, "a", after.Steps[0], kyc.Track{
		StepID: "a", Service: document, Status: kyc.SubmissionRequired, Reason: "wrong page",
		UpdatedAt: s.now, SettledAt: s.position,
	})
}

func TestResetOfAStepThatWasNotSeenMakesItSeen(t *testing.T) {
	s := begin(usual())

	decision := s.receive(on("a", kyc.ReportReset))

	same(t, "outcome", decision.Outcome, kyc.Applied)
	same(t, "status", s.status("a"), kyc.SubmissionRequired)
	same(t, "cycle", s.session.State().Cycle, 1)
}
