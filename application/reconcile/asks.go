package reconcile

import (
	"encoding/json"
	"strings"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// asks says whether an event makes it doubtful that we know where its session
// is: webhooks may have come in another order than they were sent, or not at all.
// A delivery that contradicts another says nothing of that. Of the events of a
// reconciliation a snapshot asks that the provider's API may have shown too late.
func asks(e eventlog.Recorded) bool {
	switch event := e.Event.(type) {
	case kyc.TransitionFlagged:
		return event.Violation != kyc.DeliveryConflict
	case kyc.StatusChanged:
		return event.Cause == kyc.CauseHealed || bare(event) || late(e.Metadata)
	case kyc.SnapshotObserved:
		return !event.AskAgain.IsZero()
	case kyc.WebhookDiscarded:
		return urgent(e) || late(e.Metadata)
	default:
		return late(e.Metadata)
	}
}

// urgent says that a session is to be asked for at once: something happened to an
// approval, and we do not know what.
func urgent(e eventlog.Recorded) bool {
	discarded, ok := e.Event.(kyc.WebhookDiscarded)
	return ok && discarded.Severity == kyc.SeverityMedium
}

// bare says whether an approval rests on nothing but its webhook: on no submission
// before it, or it is the session's own. If a reset overtook it, it would be
// applied and no flag raised: the one silent mistake that lets someone in.
func bare(e kyc.StatusChanged) bool {
	return e.Cause == kyc.CauseReported && e.To == kyc.Approved && (e.StepID == "" || e.From == kyc.SubmissionRequired)
}

// late says whether an event came by a delivery that was not the first attempt.
// Metadata that can't be read says nothing.
func late(metadata string) bool {
	// Most events are none, so few need be decoded. The text can't be a part of a
	// value: there the quotes are escaped.
	if !strings.Contains(metadata, `"attempt":`) || strings.Contains(metadata, `"attempt":1,`) {
		return false
	}
	var m struct {
		Attempt int `json:"attempt"`
	}
	return json.Unmarshal([]byte(metadata), &m) == nil && m.Attempt > 1
}
