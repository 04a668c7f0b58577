package codec_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// odd is a text that a careless encoder would change.
const odd = "\"quoted\" back\\slash <&> tab\t line\n \u2028 é 🙂 \u0001"

// stored are events as they stand in the golden files, one in each line: with
// every field set, with none that may be left out, and last the one that is shown
// to readers. A line that was ever committed must be read for ever: add lines,
// never change one.
func stored() map[string][]kyc.Event {
	asked := time.Date(2026, 11, 28, 5, 0, 0, 123_456_000, time.UTC)
	return map[string][]kyc.Event{
		codec.StatusChangedV1: {
			kyc.StatusChanged{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportRejected, From: kyc.Approved, To: kyc.Rejected,
				Reason: odd, Cause: kyc.CauseOverride, Flag: 12, CompanyForm: true},
			kyc.StatusChanged{Trigger: kyc.ReportPendingVerification, From: kyc.SubmissionRequired, To: kyc.PendingVerification, Cause: kyc.CauseReported},
			kyc.StatusChanged{StepID: "1", Trigger: kyc.ReportApproved, From: kyc.SubmissionRequired, To: kyc.Approved, Cause: kyc.CauseReconciled},
			kyc.StatusChanged{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportApproved, From: kyc.PendingVerification, To: kyc.Approved, Cause: kyc.CauseReported},
		},
		codec.SessionResetV1: {
			kyc.SessionReset{Cycle: 2, Service: "AML", Reason: odd, Cause: kyc.CauseOverride, Flag: 9_007_199_254_740_993},
			kyc.SessionReset{Cycle: 3, Cause: kyc.CauseReported},
			kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReconciled},
			kyc.SessionReset{Cycle: 2, Cause: kyc.CauseReported},
		},
		codec.StatusRepeatedV1: {
			kyc.StatusRepeated{StepID: "1", Service: "ID_DOCUMENT", Trigger: kyc.ReportSubmissionRequired, Status: kyc.ResubmissionRequired,
				Reason: odd, CompanyForm: true},
			kyc.StatusRepeated{Trigger: kyc.ReportApproved, Status: kyc.Approved},
			kyc.StatusRepeated{StepID: "1253242", Service: "LIVENESS", Trigger: kyc.ReportApproved, Status: kyc.Approved},
		},
		codec.TransitionFlaggedV1: {
			kyc.TransitionFlagged{StepID: "1", Service: "LIVENESS", Violation: kyc.AfterFinal, Severity: kyc.SeverityHigh, From: kyc.Rejected,
				Attempted: kyc.ReportApproved, Reason: odd, CompanyForm: true},
			kyc.TransitionFlagged{Violation: kyc.DeliveryConflict, Severity: kyc.SeverityHigh, From: kyc.Approved, Status: "ON_HOLD"},
			kyc.TransitionFlagged{StepID: "1253242", Service: "LIVENESS", Violation: kyc.Premature, Severity: kyc.SeverityMedium,
				From: kyc.SubmissionRequired, Attempted: kyc.ReportApproved},
		},
		codec.WebhookDiscardedV1: {
			kyc.WebhookDiscarded{StepID: "1", Service: "LIVENESS", Status: odd, Reason: odd},
			kyc.WebhookDiscarded{},
			kyc.WebhookDiscarded{StepID: "1253242", Service: "LIVENESS", Status: "ON_HOLD"},
			kyc.WebhookDiscarded{StepID: "1", Status: odd, Violation: kyc.UnknownStatus, Severity: kyc.SeverityMedium},
			kyc.WebhookDiscarded{StepID: "1253242", Service: "LIVENESS", Status: "ON_HOLD", Violation: kyc.UnknownStatus, Severity: kyc.SeverityLow},
		},
		codec.ContractViolatedV1: {
			kyc.ContractViolated{StepID: "1", Service: "AML", Violation: kyc.ServiceMismatch, Severity: kyc.SeverityLow, Expected: odd},
			kyc.ContractViolated{Violation: kyc.MissingReason, Severity: kyc.SeverityLow},
			kyc.ContractViolated{StepID: "1253242", Service: "AML", Violation: kyc.ServiceMismatch, Severity: kyc.SeverityLow, Expected: "LIVENESS"},
		},
		codec.FlagResolvedV1: {
			kyc.FlagResolved{StepID: "1", Flag: 12, Resolution: kyc.ResolvedDismiss, By: "alice", Note: odd},
			kyc.FlagResolved{Flag: 1, Resolution: kyc.ResolvedSuperseded, By: kyc.HealedBy},
			kyc.FlagResolved{Flag: 1, Resolution: kyc.ResolvedReconciled, By: kyc.ReconciledBy},
			kyc.FlagResolved{StepID: "1253242", Flag: 12, Resolution: kyc.ResolvedDismiss, By: "alice", Note: "agreed with the provider by phone"},
		},
		codec.SnapshotObservedV1: {
			kyc.SnapshotObserved{Company: true, Status: odd, Steps: []kyc.ObservedStep{
				{StepID: "1", Service: "AML", Status: odd}, {Service: "COMPANY", Status: "ON_HOLD"}, {},
			}},
			kyc.SnapshotObserved{},
			kyc.SnapshotObserved{Unknown: true},
			kyc.SnapshotObserved{Unknown: true, Contradicts: 12, AskedAt: asked, AskAgain: asked.Add(5 * time.Second)},
			kyc.SnapshotObserved{Status: "APPROVED", Steps: []kyc.ObservedStep{{StepID: "1253242", Service: "LIVENESS", Status: "APPROVED"}}},
		},
		codec.DetailsAccessedV1: {
			kyc.DetailsAccessed{StepID: "1", By: "alice", Purpose: odd},
			kyc.DetailsAccessed{},
			kyc.DetailsAccessed{StepID: "1253242", By: "alice", Purpose: "the customer disputes the rejection"},
		},
	}
}

// golden returns the lines of a golden file, after writing them if asked to.
func golden(t *testing.T, name string, lines []string) []string {
	t.Helper()
	path := filepath.Join("testdata", name+".jsonl")
	if *codec.Update {
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
}

func TestGoldenEvents(t *testing.T) {
	for _, name := range codec.Names() {
		t.Run(name, func(t *testing.T) {
			events := stored()[name]
			var lines []string
			for _, event := range events {
				got, data, err := codec.Encode(event)
				if err != nil || got != name {
					t.Fatalf("encoded as %q, %v", got, err)
				}
				lines = append(lines, string(data))
			}
			want := golden(t, name, lines)
			if !slices.Equal(lines, want) {
				t.Errorf("encoded as\n%s\nthe golden file has\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
			}
			for i, line := range want {
				got, err := codec.Decode(name, line)
				if err != nil || i >= len(events) || !reflect.DeepEqual(got, events[i]) {
					t.Errorf("line %d is read as %+v, %v", i+1, got, err)
				}
			}
		})
	}
}

// A golden file for a name that is no more would hide that its events can't be
// read.
func TestEveryGoldenFileHasAName(t *testing.T) {
	files, err := filepath.Glob("testdata/kyc.*.jsonl")
	if err != nil || len(files) != len(codec.Names()) {
		t.Errorf("%d golden files for %d names, %v", len(files), len(codec.Names()), err)
	}
}

func TestGoldenMetadata(t *testing.T) {
	all := []eventlog.Metadata{
		{DeliveryID: "evt_1", RequestID: "req_1", Attempt: 2, AttemptTrigger: "AUTOMATIC", OriginalIP: "192.0.2.1",
			Payload: odd, PayloadSHA256: "e3b0c442", Actor: "alice", CausationID: "0190163d-8694-739b-aea5-966c26f8ad91"},
		{},
		{DeliveryID: "evt_1", RequestID: "req_1", Attempt: 1, AttemptTrigger: "INITIAL", OriginalIP: "192.0.2.1",
			Payload:       `{"session_id":"2ac3f7ab-3729-f968-3f55-aa47e881","step_id":1253242,"service":"LIVENESS","status":"APPROVED"}`,
			PayloadSHA256: "9202f8260e538d5cae180017157d429b6a66e7dca29edf7f65271045857d1ea8"},
	}
	var lines []string
	for _, m := range all {
		lines = append(lines, string(codec.EncodeMetadata(m)))
	}
	want := golden(t, "metadata", lines)
	if !slices.Equal(lines, want) {
		t.Errorf("encoded as %q, the golden file has %q", lines, want)
	}
	for i, line := range want {
		if got, err := codec.DecodeMetadata(line); err != nil || got != all[i] {
			t.Errorf("line %d is read as %+v, %v", i+1, got, err)
		}
	}
}

func TestGoldenState(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.UTC)
	track := kyc.Track{StepID: "1", Service: "AML", Status: kyc.Rejected, Reason: odd, Submissions: 2, UpdatedAt: at, SettledAt: 7}
	all := []kyc.State{
		{Version: 9, Position: 99, Cycle: 2, OpenedAt: at.Add(-time.Hour), UpdatedAt: at, CompanyForm: true, Track: track,
			Steps: []kyc.Track{track, {StepID: "2", Status: kyc.SubmissionRequired, UpdatedAt: at}},
			Flags: []kyc.Flag{
				{Position: 8, StepID: "1", Service: "AML", Violation: kyc.Premature, Attempted: kyc.ReportApproved, Reason: odd, At: at},
				{Position: 9, Violation: kyc.KindMismatch, At: at},
			}},
		kyc.NewSession().State(),
		{Version: 1, Position: 1, Cycle: 1, OpenedAt: at, UpdatedAt: at, Unknown: true, Track: kyc.Track{Status: kyc.SubmissionRequired}},
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, string(codec.EncodeState(s)))
	}
	want := golden(t, "state", lines)
	if !slices.Equal(lines, want) {
		t.Errorf("encoded as %q, the golden file has %q", lines, want)
	}
	for i, line := range want {
		if got, err := codec.DecodeState(line); err != nil || !reflect.DeepEqual(got, all[i]) {
			t.Errorf("line %d is read as %+v, %v", i+1, got, err)
		}
	}
}
