package projection_test

import (
	"testing"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

func TestTheFlagsOfAHistoryStandAsItLeavesThem(t *testing.T) {
	dawn := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	stream := eventlog.Stream{App: "default", Session: "s"}
	var history []eventlog.Recorded
	for i, event := range []kyc.Event{
		kyc.TransitionFlagged{StepID: "1", Violation: kyc.Premature, Severity: kyc.SeverityMedium, From: kyc.SubmissionRequired, Attempted: kyc.ReportApproved},
		kyc.ContractViolated{Violation: kyc.MissingReason, Severity: kyc.SeverityLow},
		kyc.WebhookDiscarded{},
		kyc.FlagResolved{Flag: 11, Resolution: kyc.ResolvedAccept, By: "Ada", Note: "seen"},
		kyc.FlagResolved{Flag: 7, Resolution: kyc.ResolvedAccept}, // which this history does not raise
	} {
		history = append(history, eventlog.Recorded{Position: int64(i) + 11, Stream: stream, RecordedAt: dawn.Add(time.Duration(i)), Event: event})
	}
	want := []projection.Flag{
		{Position: 11, Stream: stream, StepID: "1", Violation: kyc.Premature, Severity: kyc.SeverityMedium, From: kyc.SubmissionRequired,
			Attempted: "APPROVED", State: projection.FlagAccepted, FlaggedAt: dawn, ResolvedAt: dawn.Add(3), ResolvedBy: "Ada", Note: "seen"},
		{Position: 12, Stream: stream, Violation: kyc.MissingReason, Severity: kyc.SeverityLow, State: projection.FlagOpen, FlaggedAt: dawn.Add(1)},
	}
	got := projection.FlagsIn(history)
	if len(got) != len(want) {
		t.Fatalf("%d flags", len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

func TestEveryResolutionGivesAFlagAState(t *testing.T) {
	want := map[kyc.Resolution]projection.FlagState{
		kyc.ResolvedAccept: projection.FlagAccepted, kyc.ResolvedDismiss: projection.FlagDismissed,
		kyc.ResolvedHealed: projection.FlagHealed, kyc.ResolvedSuperseded: projection.FlagSuperseded,
		kyc.ResolvedReconciled: projection.FlagReconciled,
	}
	for _, r := range kyc.Resolutions() {
		if got := projection.FlagStateOf(r); got != want[r] {
			t.Errorf("%s gives %s, want %s", r, got, want[r])
		}
	}
}
