package codec_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/adapters/codec"
	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// text draws what may be stored: valid UTF-8 without NUL.
func text(t *rapid.T, label string) string {
	return strings.ReplaceAll(rapid.String().Draw(t, label), "\x00", "")
}

// maybe draws one of some values, or the zero value.
func maybe[T any](t *rapid.T, label string, values []T) (value T) {
	if rapid.Bool().Draw(t, "no "+label) {
		return value
	}
	return rapid.SampledFrom(values).Draw(t, label)
}

// one draws one of some values.
func one[T any](t *rapid.T, label string, values []T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

func event(t *rapid.T) kyc.Event {
	step, service, reason := kyc.StepID(text(t, "step")), kyc.Service(text(t, "service")), text(t, "reason")
	flag, company := rapid.Int64().Draw(t, "flag"), rapid.Bool().Draw(t, "company form")
	return one(t, "event", []func() kyc.Event{
		func() kyc.Event {
			return kyc.StatusChanged{StepID: step, Service: service, Trigger: one(t, "trigger", kyc.Triggers()), From: one(t, "from", kyc.Statuses()),
				To: one(t, "to", kyc.Statuses()), Reason: reason, Cause: one(t, "cause", kyc.Causes()), Flag: flag, CompanyForm: company}
		},
		func() kyc.Event {
			return kyc.SessionReset{Cycle: int(rapid.Int32().Draw(t, "cycle")), Service: service, Reason: reason,
				Cause: one(t, "cause", kyc.Causes()), Flag: flag}
		},
		func() kyc.Event {
			return kyc.StatusRepeated{StepID: step, Service: service, Trigger: one(t, "trigger", kyc.Triggers()),
				Status: one(t, "status", kyc.Statuses()), Reason: reason, CompanyForm: company}
		},
		func() kyc.Event {
			return kyc.TransitionFlagged{StepID: step, Service: service, Violation: one(t, "violation", kyc.Violations()),
				Severity: one(t, "severity", kyc.Severities()), From: one(t, "from", kyc.Statuses()),
				Attempted: maybe(t, "attempted", kyc.Triggers()), Status: text(t, "status"), Reason: reason, CompanyForm: company}
		},
		func() kyc.Event {
			return kyc.WebhookDiscarded{StepID: step, Service: service, Status: text(t, "status"), Reason: reason}
		},
		func() kyc.Event {
			return kyc.ContractViolated{StepID: step, Service: service, Violation: one(t, "violation", kyc.Violations()),
				Severity: one(t, "severity", kyc.Severities()), Expected: text(t, "expected")}
		},
		func() kyc.Event {
			return kyc.FlagResolved{StepID: step, Flag: flag, Resolution: one(t, "resolution", kyc.Resolutions()), By: text(t, "by"), Note: text(t, "note")}
		},
		func() kyc.Event {
			return kyc.SnapshotObserved{Unknown: rapid.Bool().Draw(t, "unknown"), Company: company, Status: text(t, "status"), Steps: observed(t)}
		},
		func() kyc.Event {
			return kyc.DetailsAccessed{StepID: step, By: text(t, "by"), Purpose: text(t, "purpose")}
		},
	})()
}

// observed draws the steps of a snapshot, or none.
func observed(t *rapid.T) (steps []kyc.ObservedStep) {
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		steps = append(steps, kyc.ObservedStep{
			StepID: kyc.StepID(text(t, "step")), Service: kyc.Service(text(t, "service")), Status: text(t, "status"),
		})
	}
	return steps
}

func TestEventsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := event(t)
		name, data, err := codec.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(data) {
			t.Fatalf("no JSON: %s", data)
		}
		if got, err := codec.Decode(name, string(data)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v was stored as %s and read as %+v, %v", want, data, got, err)
		}
	})
}

func TestMetadataIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := eventlog.Metadata{
			DeliveryID: text(t, "delivery"), RequestID: text(t, "request"), Attempt: int(rapid.Int32().Draw(t, "attempt")),
			AttemptTrigger: text(t, "trigger"), OriginalIP: text(t, "ip"), Payload: text(t, "payload"),
			PayloadSHA256: text(t, "hash"), Actor: text(t, "actor"), CausationID: text(t, "cause"),
		}
		data := codec.EncodeMetadata(want)
		if got, err := codec.DecodeMetadata(string(data)); err != nil || got != want {
			t.Errorf("%+v was stored as %s and read as %+v, %v", want, data, got, err)
		}
	})
}

// instant draws a time that the log may hold, or none.
func instant(t *rapid.T, label string) time.Time {
	return codec.TimeOf(rapid.Int64Range(-1<<50, 1<<53).Draw(t, label))
}

func track(t *rapid.T) kyc.Track {
	return kyc.Track{StepID: kyc.StepID(text(t, "step")), Service: kyc.Service(text(t, "service")), Status: one(t, "status", kyc.Statuses()),
		Reason: text(t, "reason"), Submissions: int(rapid.Int32().Draw(t, "submissions")),
		UpdatedAt: instant(t, "updated"), SettledAt: rapid.Int64().Draw(t, "settled")}
}

func openFlag(t *rapid.T) kyc.Flag {
	return kyc.Flag{Position: rapid.Int64().Draw(t, "position"), StepID: kyc.StepID(text(t, "step")), Service: kyc.Service(text(t, "service")),
		Violation: one(t, "violation", kyc.Violations()), Attempted: maybe(t, "attempted", kyc.Triggers()),
		Reason: text(t, "reason"), At: instant(t, "at")}
}

func TestStatesAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := kyc.State{Version: rapid.Int64().Draw(t, "version"), Position: rapid.Int64().Draw(t, "position"),
			Cycle: int(rapid.Int32().Draw(t, "cycle")), OpenedAt: instant(t, "opened"), UpdatedAt: instant(t, "updated"),
			CompanyForm: rapid.Bool().Draw(t, "company form"), Unknown: rapid.Bool().Draw(t, "unknown"), Track: track(t)}
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			want.Steps = append(want.Steps, track(t))
		}
		for range rapid.IntRange(0, 3).Draw(t, "flags") {
			want.Flags = append(want.Flags, openFlag(t))
		}
		data := codec.EncodeState(want)
		if got, err := codec.DecodeState(string(data)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v was stored as %s and read as %+v, %v", want, data, got, err)
		}
	})
}

func TestTimesAreReadBackToTheMicrosecond(t *testing.T) {
	for _, at := range []time.Time{
		{}, time.Unix(0, 1000), time.Unix(-1, 999_999_000), time.Date(2026, 1, 2, 3, 4, 5, 678_901_000, time.FixedZone("", 3600)),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		got := codec.TimeOf(codec.Micros(at))
		if !got.Equal(at) || got.Location() != time.UTC {
			t.Errorf("%v was read as %v", at, got)
		}
	}
}
