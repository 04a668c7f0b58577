package kyc_test

import (
	"errors"
	"testing"

	"dossier/domain/kyc"
)

func TestAcceptAppliesTheHeldStatusWhateverTheMachineSays(t *testing.T) {
	pending, approved := on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved)
	rejected := on("a", kyc.ReportRejected)
	for _, test := range []struct {
		name   string
		before []kyc.Report
		held   kyc.Trigger
		from   kyc.Status
		to     kyc.Status
	}{
		{"premature", nil, kyc.ReportApproved, kyc.SubmissionRequired, kyc.Approved},
		{"regression", []kyc.Report{pending, approved}, kyc.ReportPendingVerification, kyc.Approved, kyc.PendingVerification},
		{"approved after final", []kyc.Report{pending, rejected}, kyc.ReportApproved, kyc.Rejected, kyc.Approved},
		{"submission required after final", []kyc.Report{pending, rejected}, kyc.ReportSubmissionRequired, kyc.Rejected, kyc.SubmissionRequired},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := tell(usual(), test.before...)
			s.receive(withReason(blurred, on("a", test.held)))
			flag := s.newestFlag()

			events, err := s.rule(accept(flag))

			same(t, "error", err, nil)
			same(t, "events", events, []kyc.Event{
				kyc.StatusChanged{
					StepID: "a", Service: document, Trigger: test.held, From: test.from, To: test.to,
					Reason: blurred, Cause: kyc.CauseOverride, Flag: flag,
				},
				kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedAccept, By: reviewer, Note: note},
			})
			same(t, "status", s.status("a"), test.to)
			same(t, "open flags", s.open(), []int64(nil))
		})
	}
}

func TestAcceptMovesTheSessionsOwnTrackToo(t *testing.T) {
	s := tell(usual(), company(kyc.ReportApproved))

	_, err := s.rule(accept(s.newestFlag()))

	same(t, "error", err, nil)
	same(t, "status", s.status(""), kyc.Approved)
}

// The track may have moved since: the event says from where it is now.
func TestAcceptAppliesFromWhereTheTrackIsNow(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportRejected), on("a", kyc.ReportPendingVerification))
	flag := s.newestFlag()

	events, err := s.rule(accept(flag))

	same(t, "error", err, nil)
	same(t, "event", events[0], kyc.Event(kyc.StatusChanged{
		StepID: "a", Service: document, Trigger: kyc.ReportRejected, From: kyc.PendingVerification,
		To: kyc.Rejected, Reason: blurred, Cause: kyc.CauseOverride, Flag: flag,
	}))
}

func TestAcceptOfWhereTheTrackIsOnlyCloses(t *testing.T) {
	s := tell(usual(),
		on("a", kyc.ReportApproved), on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	flag := s.newestFlag()

	events, err := s.rule(accept(flag))

	same(t, "error", err, nil)
	same(t, "events", events, []kyc.Event{
		kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedAccept, By: reviewer, Note: note},
	})
}

func TestDismissLeavesTheStatus(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved))
	flag, before := s.newestFlag(), s.step("a")

	events, err := s.rule(dismiss(flag))

	same(t, "error", err, nil)
	same(t, "events", events, []kyc.Event{
		kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: kyc.ResolvedDismiss, By: reviewer, Note: note},
	})
	same(t, "step", s.step("a"), before)
	same(t, "open flags", s.open(), []int64(nil))
}

func TestResolvingClosesThatFlagOnly(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved), on("a", kyc.ReportRejected), on("b", kyc.ReportApproved))
	flags := s.open()

	_, err := s.rule(dismiss(flags[1]))

	same(t, "error", err, nil)
	same(t, "open flags", s.open(), []int64{flags[0], flags[2]})
}

func TestRulingNeedsANote(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportApproved))
	for _, text := range []string{"", " ", "\t\n"} {
		for _, accepts := range []bool{true, false} {
			events, err := s.rule(kyc.Ruling{Flag: s.newestFlag(), Accept: accepts, By: reviewer, Note: text})

			if !errors.Is(err, kyc.ErrNoteRequired) || events != nil {
				t.Errorf("note %q: %v, %v; want no event and %v", text, events, err, kyc.ErrNoteRequired)
			}
		}
	}
	same(t, "flags", len(s.open()), 1)
}

func TestResolvingTwiceIsRefused(t *testing.T) {
	for _, first := range []func(int64) kyc.Ruling{accept, dismiss} {
		for _, second := range []func(int64) kyc.Ruling{accept, dismiss} {
			s := tell(usual(), on("a", kyc.ReportApproved))
			flag := s.newestFlag()
			_, err := s.rule(first(flag))
			same(t, "error", err, nil)

			checkNotOpen(t, s, second(flag))
		}
	}
}

func TestResolvingWhatIsNoOpenFlagIsRefused(t *testing.T) {
	s := tell(usual(), on("a", kyc.ReportPendingVerification))
	checkNotOpen(t, s, accept(s.position)) // an event, but none that flags
	checkNotOpen(t, s, accept(4711))
	checkNotOpen(t, s, accept(0))

	s = begin(usual())
	s.receive(on("a", kyc.ReportApproved))
	flag := s.newestFlag()
	s.receive(on("a", kyc.ReportPendingVerification))
	checkNotOpen(t, s, accept(flag)) // healed meanwhile
}

func checkNotOpen(t *testing.T, s *story, r kyc.Ruling) {
	t.Helper()
	if events, err := s.rule(r); !errors.Is(err, kyc.ErrFlagNotOpen) || events != nil {
		t.Errorf("%v, %v; want no event and %v", events, err, kyc.ErrFlagNotOpen)
	}
}

func TestEitherRulingJustClosesAContractViolation(t *testing.T) {
	for want, ruling := range map[kyc.Resolution]func(int64) kyc.Ruling{
		kyc.ResolvedAccept: accept, kyc.ResolvedDismiss: dismiss,
	} {
		s := tell(usual(), on("a", kyc.ReportPendingVerification), withReason("", on("a", kyc.ReportRejected)))
		flag, before := s.newestFlag(), s.step("a")

		events, err := s.rule(ruling(flag))

		same(t, "error", err, nil)
		same(t, "events", events, []kyc.Event{
			kyc.FlagResolved{StepID: "a", Flag: flag, Resolution: want, By: reviewer, Note: note},
		})
		same(t, "step", s.step("a"), before)
		same(t, "open flags", s.open(), []int64(nil))
	}
}
