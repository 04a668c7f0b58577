package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

// shows is a snapshot of a person's session.
func shows(status kyc.Status, steps ...kyc.ObservedStep) kyc.Snapshot {
	return kyc.Snapshot{Status: status.String(), Steps: steps}
}

// at is a step of a snapshot.
func at(id kyc.StepID, status kyc.Status) kyc.ObservedStep {
	return kyc.ObservedStep{StepID: id, Service: document, Status: status.String()}
}

// ofCompany is a snapshot of a company's session.
func ofCompany(status kyc.Status, steps ...kyc.ObservedStep) kyc.Snapshot {
	s := shows(status, steps...)
	s.Company = true
	return s
}

func (s *story) reconcile(snapshot kyc.Snapshot) []kyc.Event {
	events := s.decider.Reconcile(s.session, snapshot)
	s.record(events)
	return events
}

// reconciled is a change of a document's step, or of the session's own track.
func reconciled(id kyc.StepID, trigger kyc.Trigger, from, to kyc.Status) kyc.Event {
	e := kyc.StatusChanged{StepID: id, Trigger: trigger, From: from, To: to, Cause: kyc.CauseReconciled}
	if id != "" {
		e.Service = document
	}
	return e
}

func closed(id kyc.StepID, flag int64) kyc.Event {
	return kyc.FlagResolved{StepID: id, Flag: flag, Resolution: kyc.ResolvedReconciled, By: "dossier"}
}

const none = kyc.StepID("") // the session's own track

func TestASnapshotBecomesWhatDiffers(t *testing.T) {
	submission, pending, again := kyc.SubmissionRequired, kyc.PendingVerification, kyc.ResubmissionRequired
	for name, test := range map[string]struct {
		before   []kyc.Report
		snapshot kyc.Snapshot
		want     []kyc.Event // that follow the observation
	}{
		"nothing differs": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification), on(none, kyc.ReportPendingVerification)},
			snapshot: shows(pending, at("a", pending)),
		},
		"nothing is known": {
			snapshot: shows(pending, at("a", kyc.Approved), at("b", submission)),
			want: []kyc.Event{
				reconciled(none, kyc.ReportPendingVerification, submission, pending),
				reconciled("a", kyc.ReportApproved, submission, kyc.Approved),
			},
		},
		"a result was lost": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification)},
			snapshot: shows(submission, at("a", kyc.Rejected)),
			want:     []kyc.Event{reconciled("a", kyc.ReportRejected, pending, kyc.Rejected)},
		},
		"a submission was lost after a refusal": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportResubmissionRequired)},
			snapshot: shows(submission, at("a", pending)),
			want:     []kyc.Event{reconciled("a", kyc.ReportPendingVerification, again, pending)},
		},
		"an approval was revoked": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved)},
			snapshot: shows(submission, at("a", again)),
			want:     []kyc.Event{reconciled("a", kyc.ReportResubmissionRequired, kyc.Approved, again)},
		},
		"a rejection came after an approval": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved)},
			snapshot: shows(submission, at("a", kyc.Rejected)),
			want:     []kyc.Event{reconciled("a", kyc.ReportRejected, kyc.Approved, kyc.Rejected)},
		},
		"the beginning, from where only a submission was": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification)},
			snapshot: shows(submission, at("a", submission)),
			want:     []kyc.Event{reconciled("a", kyc.ReportSubmissionRequired, pending, submission)},
		},
		"a step that is not shown stays": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification)},
			snapshot: shows(submission, at("b", kyc.Approved)),
			want:     []kyc.Event{reconciled("b", kyc.ReportApproved, pending, kyc.Approved)},
		},
		"words that are not known settle nothing": {
			before: []kyc.Report{on("a", kyc.ReportPendingVerification)},
			snapshot: kyc.Snapshot{Status: "ON_HOLD", Steps: []kyc.ObservedStep{
				{StepID: "a", Status: "approved"}, {StepID: "b", Status: ""}, {StepID: "c", Status: "RESET"},
			}},
		},
		"a step without an id settles nothing": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification)},
			snapshot: shows(submission, at(none, kyc.Approved)),
		},
		"of a step that is shown twice the first counts": {
			before:   []kyc.Report{on("a", kyc.ReportPendingVerification)},
			snapshot: shows(submission, at("a", kyc.Approved), at("a", kyc.Rejected)),
			want:     []kyc.Event{reconciled("a", kyc.ReportApproved, pending, kyc.Approved)},
		},
		"a company has no steps": {
			before:   []kyc.Report{company(kyc.ReportPendingVerification)},
			snapshot: ofCompany(kyc.Approved, at("x", kyc.Approved), at(none, kyc.Approved)),
			want:     []kyc.Event{reconciled(none, kyc.ReportApproved, pending, kyc.Approved)},
		},
		"but those that a report told of": {
			before:   []kyc.Report{company(kyc.ReportPendingVerification), on("x", kyc.ReportPendingVerification)},
			snapshot: ofCompany(pending, at("x", kyc.Approved), at("y", kyc.Approved)),
			want:     []kyc.Event{reconciled("x", kyc.ReportApproved, pending, kyc.Approved)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(usual(), test.before...)

			events := s.reconcile(test.snapshot)

			same(t, "events", events, append([]kyc.Event{test.snapshot}, test.want...))
			same(t, "events of the same snapshot", s.reconcile(test.snapshot), []kyc.Event{test.snapshot})
		})
	}
}

// The API never shows a reset. One of a step that no webhook told of is seen by
// what follows it.
func TestAStatusFromBeforeAResultIsAResetThatWasMissed(t *testing.T) {
	approved := []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved)}
	rejected := []kyc.Report{on("a", kyc.ReportPendingVerification), on("a", kyc.ReportRejected)}
	for name, test := range map[string]struct {
		before []kyc.Report
		from   kyc.Status
		to     kyc.Status
		reset  bool
	}{
		"approved, required":    {approved, kyc.Approved, kyc.SubmissionRequired, true},
		"approved, pending":     {approved, kyc.Approved, kyc.PendingVerification, true},
		"approved, asked again": {approved, kyc.Approved, kyc.ResubmissionRequired, false},
		"approved, rejected":    {approved, kyc.Approved, kyc.Rejected, false},
		"rejected, required":    {rejected, kyc.Rejected, kyc.SubmissionRequired, true},
		"rejected, pending":     {rejected, kyc.Rejected, kyc.PendingVerification, true},
		"rejected, asked again": {rejected, kyc.Rejected, kyc.ResubmissionRequired, true},
		"rejected, approved":    {rejected, kyc.Rejected, kyc.Approved, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(usual(), test.before...)

			events := s.reconcile(shows(kyc.SubmissionRequired, at("a", test.to)))

			from, want := test.from, []kyc.Event(nil)
			if test.reset {
				want = append(want, reconciled("a", kyc.ReportReset, from, kyc.SubmissionRequired))
				from = kyc.SubmissionRequired
			}
			if from != test.to {
				trigger, _ := kyc.ParseTrigger(test.to.String())
				want = append(want, reconciled("a", trigger, from, test.to))
			}
			same(t, "events", events[1:], want)
			same(t, "step", s.status("a"), test.to)
			same(t, "cycle", s.session.State().Cycle, 1)
		})
	}
}

// A reset of the session is one of every track: what the snapshot does not show
// stands at the beginning, too.
func TestAMissedResetOfTheSessionStartsTheNextCycle(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved),
		on("b", kyc.ReportPendingVerification), on("b", kyc.ReportApproved), on(none, kyc.ReportRejected),
	)

	events := s.reconcile(shows(kyc.PendingVerification, at("a", kyc.Approved)))

	same(t, "events", events[1:], []kyc.Event{
		kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled},
		reconciled(none, kyc.ReportPendingVerification, kyc.SubmissionRequired, kyc.PendingVerification),
		reconciled("a", kyc.ReportApproved, kyc.SubmissionRequired, kyc.Approved),
	})
	same(t, "cycle", s.session.State().Cycle, 2)
	same(t, "statuses", statuses(s.session.State()), map[kyc.StepID]kyc.Status{
		none: kyc.PendingVerification, "a": kyc.Approved, "b": kyc.SubmissionRequired,
	})

	again := s.reconcile(shows(kyc.SubmissionRequired, at("a", kyc.Approved)))
	same(t, "a submission that is no more is no reset", again[1:], []kyc.Event{
		reconciled(none, kyc.ReportSubmissionRequired, kyc.PendingVerification, kyc.SubmissionRequired),
	})
	same(t, "cycle", s.session.State().Cycle, 2)
}

func TestASnapshotSettlesTheFlagsOfTheTracksThatItShows(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportApproved), on("b", kyc.ReportApproved),
		on("a", kyc.ReportRejected), withReason("", on("c", kyc.ReportPendingVerification)),
		on("d", kyc.ReportPendingVerification), on("d", kyc.ReportRejected), on("d", kyc.ReportApproved),
		on("e", kyc.ReportPendingVerification), on("e", kyc.ReportApproved), on("e", kyc.ReportPendingVerification),
	)
	flags := s.session.State().Flags
	same(t, "flags", len(flags), 5)

	events := s.reconcile(shows(kyc.SubmissionRequired,
		at("a", kyc.Approved), kyc.ObservedStep{StepID: "b", Status: "ON_HOLD"}, at("d", kyc.Rejected), at("e", kyc.Approved)))

	same(t, "events", events[1:], []kyc.Event{
		reconciled("a", kyc.ReportApproved, kyc.SubmissionRequired, kyc.Approved),
		closed("a", flags[0].Position), closed("a", flags[2].Position), closed("d", flags[3].Position), closed("e", flags[4].Position),
	})
	same(t, "open flags", s.open(), []int64{flags[1].Position}) // of the step whose status is not known
}

// A snapshot says nothing of what was sent wrongly.
func TestASnapshotLeavesWhatOnlyAPersonCanJudge(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification), withReason("", on("a", kyc.ReportRejected)))
	s.conflict(on("a", kyc.ReportApproved))
	before := s.open()

	s.reconcile(shows(kyc.Approved, at("a", kyc.Approved)))

	same(t, "flags", len(before), 2)
	same(t, "open flags", s.open(), before)
}

// What a snapshot settled can't be healed any more: the late submission would
// bring the held status back.
func TestALateReportDoesNotHealWhatASnapshotSettled(t *testing.T) {
	s := begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	s.reconcile(shows(kyc.SubmissionRequired, at("a", kyc.ResubmissionRequired)))

	decision := s.receive(withAttempt(3, on("a", kyc.ReportPendingVerification)))

	same(t, "outcome", decision.Outcome, kyc.Applied)
	same(t, "events", len(decision.Events), 1)
	same(t, "step", s.status("a"), kyc.PendingVerification)
}

func TestAnUnknownSessionIsRecordedOnce(t *testing.T) {
	unknown := kyc.Snapshot{Unknown: true}
	s := tell(usual(), on("a", kyc.ReportApproved))
	before := s.session.State()

	same(t, "events", s.reconcile(unknown), []kyc.Event{unknown})
	same(t, "unknown", s.session.State().Unknown, true)
	same(t, "flags", s.open(), positions(before.Flags))
	same(t, "statuses", statuses(s.session.State()), statuses(before))
	same(t, "events of the second answer", s.reconcile(unknown), []kyc.Event(nil))

	s.receive(on("a", kyc.ReportPendingVerification))
	same(t, "events after a report", s.reconcile(unknown), []kyc.Event(nil))

	s.reconcile(shows(kyc.SubmissionRequired))
	same(t, "unknown, once it is shown", s.session.State().Unknown, false)
	same(t, "events when it is gone again", s.reconcile(unknown), []kyc.Event{unknown})
}

// A step may be seen first in a snapshot, which can take an approval back that
// stood on the steps seen until then.
func TestASnapshotListsNewSteps(t *testing.T) {
	s := tell(kyc.Rules{Required: []kyc.Service{document}}, on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	same(t, "status", s.session.Overall(s.decider.Rules), kyc.OverallApproved)

	s.reconcile(shows(kyc.SubmissionRequired,
		kyc.ObservedStep{StepID: "b", Service: liveness, Status: "SUBMISSION_REQUIRED"}, kyc.ObservedStep{StepID: "c", Status: "ON_HOLD"}))

	same(t, "new step", s.step("b"), kyc.Track{StepID: "b", Service: liveness, Status: kyc.SubmissionRequired, UpdatedAt: s.now})
	same(t, "step of a status that is not known", s.step("c").Status, kyc.SubmissionRequired)
	same(t, "status", s.session.Overall(s.decider.Rules), kyc.OverallSubmissionRequired)
}

func TestASnapshotTellsTheKindOfASession(t *testing.T) {
	for want, snapshot := range map[kyc.Kind]kyc.Snapshot{
		kyc.KindCorporate:  ofCompany(kyc.PendingVerification, at("x", kyc.PendingVerification)),
		kyc.KindIndividual: shows(kyc.PendingVerification, at("x", kyc.PendingVerification)),
		kyc.KindUnknown:    shows(kyc.PendingVerification),
	} {
		s := begin(usual())
		s.reconcile(snapshot)
		same(t, "kind", s.session.Kind(usual()), want)
	}
}

// That a person looked at details is a part of the history and of nothing else.
func TestAnAccessChangesNothing(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved))
	before := s.session.State()

	s.record([]kyc.Event{kyc.DetailsAccessed{StepID: "b", By: reviewer, Purpose: note}})

	after := s.session.State()
	same(t, "version", after.Version, before.Version+1)
	after.Version, after.Position, after.UpdatedAt = before.Version, before.Position, before.UpdatedAt
	same(t, "session", after, before)
}
