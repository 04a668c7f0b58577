package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

func TestLatePendingVerificationHealsTheHeldStatus(t *testing.T) {
	s := begin(usual())
	s.receive(withReason(blurred, on("a", kyc.ReportRejected)))
	flag := s.newestFlag()

	s.wait(time.Second)
	decision := s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "outcome", decision.Outcome, kyc.Applied)
	same(t, "events", decision.Events, []kyc.Event{
		kyc.StatusChanged{
			StepID: "a", Service: document, Trigger: kyc.ReportPendingVerification,
			From: kyc.SubmissionRequired, To: kyc.PendingVerification, Cause: kyc.CauseReported,
		},
		kyc.StatusChanged{
			StepID: "a", Service: document, Trigger: kyc.ReportRejected,
			From: kyc.PendingVerification, To: kyc.Rejected, Reason: blurred, Cause: kyc.CauseHealed, Flag: flag,
		},
		kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedHealed, By: "dossier"},
	})
	same(t, "open flags", s.open(), []int64(nil))
	same(t, "step", s.step("a"), kyc.Track{
		StepID: "a", Service: document, Status: kyc.Rejected, Reason: blurred, Submissions: 1, UpdatedAt: s.now,
		SettledAt: s.position - 1, // the event before the flag's resolution
	})
}

func TestHealingAppliesEveryKindOfHeldStatus(t *testing.T) {
	for _, test := range []struct {
		before []kyc.Report
		held   kyc.Report
		want   kyc.Status
	}{
		{held: on("a", kyc.ReportApproved), want: kyc.Approved},
		{held: on("a", kyc.ReportRejected), want: kyc.Rejected},
		{held: on("a", kyc.ReportResubmissionRequired), want: kyc.ResubmissionRequired},
		{held: company(kyc.ReportApproved), want: kyc.Approved},
		{
			before: []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired)},
			held:   on("a", kyc.ReportApproved), want: kyc.Approved,
		},
		{
			before: []kyc.Report{on("a", kyc.ReportPendingVerification), on("", kyc.ReportResubmissionRequired)},
			held:   on("", kyc.ReportApproved), want: kyc.Approved,
		},
	} {
		s := tell(usual(), test.before...)
		s.receive(test.held)
		same(t, "flags", len(s.open()), 1)

		pending := test.held
		pending.Trigger = kyc.ReportPendingVerification
		s.receive(pending)

		same(t, "status", s.status(test.held.StepID), test.want)
		same(t, "flags after", len(s.open()), 0)
	}
}

func TestHealingNeedsALateArrival(t *testing.T) {
	const window = 30 * time.Second
	for _, test := range []struct {
		name    string
		elapsed time.Duration
		attempt int
		heals   bool
	}{
		{"at once", 0, 1, true},
		{"within the window", window - time.Nanosecond, 1, true},
		{"at the window's end, which is inclusive", window, 1, true},
		{"outside of the window", window + time.Nanosecond, 1, false},
		{"outside, attempt unknown", window + time.Nanosecond, 0, false},
		{"outside, second attempt", window + time.Nanosecond, 2, true},
		{"a week later, fiftieth attempt", 7 * 24 * time.Hour, 50, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := begin(kyc.Rules{HealWindow: window})
			s.receive(on("a", kyc.ReportApproved))
			s.wait(test.elapsed)
			s.receive(withAttempt(test.attempt, on("a", kyc.ReportPendingVerification)))

			want, open := kyc.PendingVerification, 1
			if test.heals {
				want, open = kyc.Approved, 0
			}
			same(t, "status", s.status("a"), want)
			same(t, "open flags", len(s.open()), open)
		})
	}
}

func TestHealWindowIsThirtySecondsUnlessSet(t *testing.T) {
	same(t, "default", kyc.DefaultHealWindow, 30*time.Second)

	s := begin(kyc.Rules{HealWindow: time.Hour})
	s.receive(on("a", kyc.ReportApproved))
	s.wait(time.Hour)
	s.receive(on("a", kyc.ReportPendingVerification))

	same(t, "status", s.status("a"), kyc.Approved)
}

// Two reports of one transaction have the same time: a window of zero must not
// make the second late for the first.
func TestZeroHealWindowHealsProvablyLateDeliveriesOnly(t *testing.T) {
	for attempt, want := range map[int]kyc.Status{
		0: kyc.PendingVerification, 1: kyc.PendingVerification, 2: kyc.Approved,
	} {
		s := begin(kyc.Rules{})
		s.receive(on("a", kyc.ReportApproved))
		s.receive(withAttempt(attempt, on("a", kyc.ReportPendingVerification)))

		same(t, "status", s.status("a"), want)
	}
}

func TestAnotherDocumentHealsToo(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	s.wait(time.Minute)
	s.receive(on("a", kyc.ReportPendingVerification))
	s.receive(withAttempt(2, on("a", kyc.ReportPendingVerification)))

	same(t, "status", s.status("a"), kyc.Approved)
	same(t, "submissions", s.step("a").Submissions, 2)
}
