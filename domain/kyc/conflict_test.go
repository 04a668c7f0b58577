package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

// A conflict is held even where the machine would allow what it says.
func TestConflictIsHeldWhateverItSays(t *testing.T) {
	for _, trigger := range kyc.Triggers() {
		s := tell(usual(), on("a", kyc.ReportPendingVerification))
		want := s.session.State().Steps

		report := withReason(blurred, on("a", trigger))
		report.Status = "as it came" // which the trigger says already
		decision := s.conflict(report)

		same(t, "decision", decision, kyc.Decision{Outcome: kyc.Flagged, Events: []kyc.Event{
			kyc.TransitionFlagged{
				StepID: "a", Service: document, Violation: kyc.DeliveryConflict, Severity: kyc.SeverityHigh,
				From: kyc.PendingVerification, Attempted: trigger, Reason: blurred,
			},
		}})
		same(t, "steps", s.session.State().Steps, want)
		same(t, "open flags", s.open(), []int64{s.position})
	}
}

func TestConflictDoesNotMakeAStepSeen(t *testing.T) {
	s := begin(usual())

	s.conflict(on("a", kyc.ReportApproved))

	same(t, "steps", s.session.State().Steps, []kyc.Track(nil))
	same(t, "kind", s.session.Kind(usual()), kyc.KindUnknown)
}

func TestConflictNamesNoServiceOfAStep(t *testing.T) {
	s := tell(usual(), withService("", on("a", kyc.ReportPendingVerification)))

	s.conflict(on("a", kyc.ReportApproved))

	same(t, "service", s.step("a").Service, kyc.Service(""))
}

func TestConflictTellsNothingOfTheKind(t *testing.T) {
	s := begin(usual())

	s.conflict(company(kyc.ReportApproved))

	same(t, "kind", s.session.Kind(usual()), kyc.KindUnknown)
}

func TestAcceptedConflictIsApplied(t *testing.T) {
	s := begin(usual())
	s.conflict(withReason(blurred, on("a", kyc.ReportRejected)))
	flag := s.newestFlag()
	s.wait(time.Hour)

	events, err := s.rule(accept(flag))

	same(t, "error", err, nil)
	same(t, "events", events, []kyc.Event{
		kyc.StatusChanged{
			StepID: "a", Service: document, Trigger: kyc.ReportRejected, From: kyc.SubmissionRequired,
			To: kyc.Rejected, Reason: blurred, Cause: kyc.CauseOverride, Flag: flag,
		},
		kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedAccept, By: reviewer, Note: note},
	})
	same(t, "the step is seen now", s.step("a"), kyc.Track{
		StepID: "a", Service: document, Status: kyc.Rejected, Reason: blurred, UpdatedAt: s.now,
		SettledAt: s.position - 1, // the event before the flag's resolution
	})
}

func TestDismissedConflictLeavesNoTrace(t *testing.T) {
	s := begin(usual())
	s.conflict(on("a", kyc.ReportApproved))

	_, err := s.rule(dismiss(s.newestFlag()))

	same(t, "error", err, nil)
	same(t, "steps", s.session.State().Steps, []kyc.Track(nil))
	same(t, "open flags", s.open(), []int64(nil))
}

func TestConflictWithAnUnknownStatusHasNothingToApply(t *testing.T) {
	for name, ruling := range map[string]func(int64) kyc.Ruling{"accept": accept, "dismiss": dismiss} {
		t.Run(name, func(t *testing.T) {
			s := begin(usual())
			decision := s.conflict(unknown("a"))
			same(t, "events", decision.Events, []kyc.Event{kyc.TransitionFlagged{
				StepID: "a", Service: document, Violation: kyc.DeliveryConflict, Severity: kyc.SeverityHigh,
				From: kyc.SubmissionRequired, Status: "EXPIRED",
			}})

			events, err := s.rule(ruling(s.newestFlag()))

			same(t, "error", err, nil)
			same(t, "events", len(events), 1)
			same(t, "open flags", s.open(), []int64(nil))
			same(t, "steps", s.session.State().Steps, []kyc.Track(nil))
		})
	}
}

func TestAcceptedConflictOfAResetResets(t *testing.T) {
	for _, step := range []kyc.StepID{"", "a"} {
		s := tell(usual(), on("a", kyc.ReportPendingVerification), on("", kyc.ReportPendingVerification))
		s.conflict(withReason("wrong person", on(step, kyc.ReportReset)))
		flag := s.newestFlag()

		events, err := s.rule(accept(flag))

		want := kyc.Event(kyc.SessionReset{Cycle: 2, Reason: "wrong person", Cause: kyc.CauseOverride, Flag: flag})
		session := kyc.SubmissionRequired
		if step != "" {
			session = kyc.PendingVerification
			want = kyc.StatusChanged{
				StepID: "a", Service: document, Trigger: kyc.ReportReset, From: kyc.PendingVerification,
				To: kyc.SubmissionRequired, Reason: "wrong person", Cause: kyc.CauseOverride, Flag: flag,
			}
		}
		same(t, "error", err, nil)
		same(t, "event", events[0], want)
		same(t, "a", s.status("a"), kyc.SubmissionRequired)
		same(t, "the session", s.status(""), session)
		same(t, "submissions", s.step("a").Submissions, 0)
	}
}

// A reset of a track that waits anyway is news: it starts the counts anew.
func TestAcceptedResetOfAStepIsAppliedWhereverTheStepIs(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportSubmissionRequired))
	s.conflict(on("a", kyc.ReportReset))
	flag := s.newestFlag()

	events, err := s.rule(accept(flag))

	same(t, "error", err, nil)
	same(t, "event", events[0], kyc.Event(kyc.StatusChanged{
		StepID: "a", Service: document, Trigger: kyc.ReportReset, From: kyc.SubmissionRequired,
		To: kyc.SubmissionRequired, Cause: kyc.CauseOverride, Flag: flag,
	}))
	same(t, "events", len(events), 2)
}

// Where the machine does allow the held status, accepting it leads where the
// report would have led.
func TestAcceptedConflictGoesWhereTheMachineLeads(t *testing.T) {
	for _, r := range rows() {
		if r.want.outcome != kyc.Applied {
			continue
		}
		s := begin(usual())
		s.session = r.standing("step")
		s.conflict(withService(s.step("step").Service, on("step", r.trigger)))

		_, err := s.rule(accept(s.newestFlag()))

		same(t, "error", err, nil)
		same(t, r.from.String()+", "+r.trigger.String(), s.status("step"), r.want.to)
	}
}
