package schemas_test

import (
	"strings"

	"pgregory.net/rapid"

	"dossier/adapters/codec"
	"dossier/domain/kyc"
)

// text draws what may be stored: valid UTF-8 without NUL.
func text(t *rapid.T, label string) string {
	return strings.ReplaceAll(rapid.String().Draw(t, label), "\x00", "")
}

func step(t *rapid.T) kyc.StepID       { return kyc.StepID(text(t, "step")) }
func service(t *rapid.T) kyc.Service   { return kyc.Service(text(t, "service")) }
func status(t *rapid.T) kyc.Status     { return one(t, kyc.Statuses()) }
func trigger(t *rapid.T) kyc.Trigger   { return one(t, kyc.Triggers()) }
func severity(t *rapid.T) kyc.Severity { return one(t, kyc.Severities()) }
func position(t *rapid.T) int64        { return rapid.Int64Min(1).Draw(t, "position") }

// one draws one of some values.
func one[T any](t *rapid.T, values []T) T { return rapid.SampledFrom(values).Draw(t, "one") }

// maybe is a value or the zero value.
func maybe[T any](t *rapid.T, value T) T {
	var none T
	return one(t, []T{none, value})
}

// observed draws the steps of a snapshot, or none.
func observed(t *rapid.T) (steps []kyc.ObservedStep) {
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		steps = append(steps, kyc.ObservedStep{StepID: step(t), Service: service(t), Status: text(t, "status")})
	}
	return steps
}

// makers draw events as decisions make them, by name: what is counted is
// counted from 1.
func makers() map[string]func(t *rapid.T) kyc.Event {
	return map[string]func(t *rapid.T) kyc.Event{
		codec.StatusChangedV1: func(t *rapid.T) kyc.Event {
			return kyc.StatusChanged{StepID: step(t), Service: service(t), Trigger: trigger(t), From: status(t), To: status(t),
				Reason: text(t, "reason"), Cause: one(t, kyc.Causes()), Flag: maybe(t, position(t)), CompanyForm: rapid.Bool().Draw(t, "company")}
		},
		codec.SessionResetV1: func(t *rapid.T) kyc.Event {
			return kyc.SessionReset{Cycle: rapid.IntRange(2, 1<<31).Draw(t, "cycle"), Service: service(t), Reason: text(t, "reason"),
				Cause: one(t, kyc.Causes()), Flag: maybe(t, position(t))}
		},
		codec.StatusRepeatedV1: func(t *rapid.T) kyc.Event {
			return kyc.StatusRepeated{StepID: step(t), Service: service(t), Trigger: trigger(t), Status: status(t),
				Reason: text(t, "reason"), CompanyForm: rapid.Bool().Draw(t, "company")}
		},
		codec.TransitionFlaggedV1: func(t *rapid.T) kyc.Event {
			return kyc.TransitionFlagged{StepID: step(t), Service: service(t), Violation: one(t, kyc.Violations()), Severity: severity(t),
				From: status(t), Attempted: maybe(t, trigger(t)), Status: text(t, "status"), Reason: text(t, "reason"),
				CompanyForm: rapid.Bool().Draw(t, "company")}
		},
		codec.WebhookDiscardedV1: func(t *rapid.T) kyc.Event {
			return kyc.WebhookDiscarded{StepID: step(t), Service: service(t), Status: text(t, "status"), Reason: text(t, "reason")}
		},
		codec.ContractViolatedV1: func(t *rapid.T) kyc.Event {
			return kyc.ContractViolated{StepID: step(t), Service: service(t), Violation: one(t, kyc.Violations()), Severity: severity(t),
				Expected: text(t, "expected")}
		},
		codec.FlagResolvedV1: func(t *rapid.T) kyc.Event {
			return kyc.FlagResolved{StepID: step(t), Flag: position(t), Resolution: one(t, kyc.Resolutions()), By: text(t, "by"), Note: text(t, "note")}
		},
		codec.SnapshotObservedV1: func(t *rapid.T) kyc.Event {
			if rapid.Bool().Draw(t, "unknown") {
				return kyc.SnapshotObserved{Unknown: true}
			}
			return kyc.SnapshotObserved{Company: rapid.Bool().Draw(t, "company"), Status: text(t, "status"), Steps: observed(t)}
		},
		codec.DetailsAccessedV1: func(t *rapid.T) kyc.Event {
			return kyc.DetailsAccessed{StepID: step(t), By: text(t, "by"), Purpose: text(t, "purpose")}
		},
	}
}
