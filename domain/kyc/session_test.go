package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

func TestNewSessionAwaitsASubmissionInItsFirstCycle(t *testing.T) {
	same(t, "state", kyc.NewSession().State(), kyc.State{
		Cycle: 1, Track: kyc.Track{Status: kyc.SubmissionRequired},
	})
}

func TestSessionRemembersWhereItsHistoryStands(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportPendingVerification))
	s.wait(time.Hour)
	s.receive(unknown("a"))

	state := s.session.State()
	same(t, "version", state.Version, int64(2))
	same(t, "version", s.session.Version(), int64(2))
	same(t, "position", state.Position, s.position)
	same(t, "opened", state.OpenedAt, dawn())
	same(t, "updated", state.UpdatedAt, dawn().Add(time.Hour))
}

func TestTrackShowsTheReasonOfItsLastChange(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired))
	same(t, "reason", s.step("a").Reason, blurred)

	s.receive(on("a", kyc.ReportPendingVerification))
	same(t, "reason after a change without one", s.step("a").Reason, "")
}

func TestSubmissionsAreCountedPerTrack(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportPendingVerification),
		on("b", kyc.ReportPendingVerification), on("b", kyc.ReportResubmissionRequired),
		on("b", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification),
		on("", kyc.ReportPendingVerification),
	)
	same(t, "a", s.step("a").Submissions, 2)
	same(t, "b", s.step("b").Submissions, 3)
	same(t, "session", s.session.State().Track.Submissions, 1)
}

// A store keeps what State returned while the session goes on.
func TestStateIsACopy(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved), on("b", kyc.ReportApproved))
	before, want := s.session.State(), s.session.State()

	before.Steps[0].Status = kyc.Rejected
	before.Flags[0].Position = 99
	same(t, "the session", s.session.State(), want)

	restored := kyc.RestoreSession(want)
	want.Steps[0].Status = kyc.Rejected
	want.Flags[0].Position = 99
	same(t, "the restored session", restored.State(), s.session.State())
}

func TestCloneGoesItsOwnWay(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved), on("b", kyc.ReportApproved))
	want := s.session.State()

	clone := s.session.Clone()
	same(t, "the clone", clone.State(), want)
	clone.Apply(kyc.FlagResolved{Flag: s.open()[0]}, kyc.Mark{Position: 90, Version: 3, At: s.now})
	clone.Apply(kyc.SessionReset{Cycle: 2}, kyc.Mark{Position: 91, Version: 4, At: s.now})

	same(t, "the original", s.session.State(), want)
}
