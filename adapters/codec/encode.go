package codec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// Encode returns the name and the stored JSON of an event. It returns
// eventlog.ErrUnstorable for text that JSON or a database would change or
// refuse, and fails for a type that has no stored form, which is a programmer's
// mistake.
func Encode(event kyc.Event) (name string, data []byte, err error) {
	texts := freeTexts(event)
	if !storable(texts[:]) || !storable(listedTexts(event)) {
		return "", nil, fmt.Errorf("encode %T: text with NUL or invalid UTF-8: %w", event, eventlog.ErrUnstorable)
	}
	o := newObject(192)
	if name = o.event(event); name == "" {
		return "", nil, fmt.Errorf("encode %T: it has no stored form", event)
	}
	return name, o.end(), nil
}

func storable(texts []string) bool {
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return false
		}
	}
	return true
}

// freeTexts returns the texts of an event that come from outside, but for those
// of lists.
func freeTexts(event kyc.Event) [4]string {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return [4]string{string(e.StepID), string(e.Service), e.Reason}
	case kyc.SessionReset:
		return [4]string{string(e.Service), e.Reason}
	case kyc.StatusRepeated:
		return [4]string{string(e.StepID), string(e.Service), e.Reason}
	case kyc.TransitionFlagged:
		return [4]string{string(e.StepID), string(e.Service), e.Reason, e.Status}
	case kyc.WebhookDiscarded:
		return [4]string{string(e.StepID), string(e.Service), e.Reason, e.Status}
	case kyc.ContractViolated:
		return [4]string{string(e.StepID), string(e.Service), e.Expected}
	case kyc.FlagResolved:
		return [4]string{string(e.StepID), e.By, e.Note}
	case kyc.SnapshotObserved:
		return [4]string{e.Status}
	case kyc.DetailsAccessed:
		return [4]string{string(e.StepID), e.By, e.Purpose}
	default:
		return [4]string{}
	}
}

// listedTexts returns the texts from outside that an event has in lists.
func listedTexts(event kyc.Event) (texts []string) {
	if e, ok := event.(kyc.SnapshotObserved); ok {
		for _, step := range e.Steps {
			texts = append(texts, string(step.StepID), string(step.Service), step.Status)
		}
	}
	return texts
}

// event writes the fields of an event and returns its name. The forms are those
// that stored.go describes for reading.
func (o *object) event(event kyc.Event) (name string) {
	switch e := event.(type) {
	case kyc.StatusChanged:
		o.track(e.StepID, e.Service)
		o.always("trigger", e.Trigger.String())
		o.always("from", e.From.String())
		o.always("to", e.To.String())
		o.text("reason", e.Reason)
		o.always("cause", e.Cause.String())
		o.number("flag", e.Flag)
		o.flag("company_form", e.CompanyForm)
		return StatusChangedV1
	case kyc.SessionReset:
		o.count("cycle", int64(e.Cycle))
		o.track("", e.Service)
		o.text("reason", e.Reason)
		o.always("cause", e.Cause.String())
		o.number("flag", e.Flag)
		return SessionResetV1
	case kyc.StatusRepeated:
		o.track(e.StepID, e.Service)
		o.always("trigger", e.Trigger.String())
		o.always("status", e.Status.String())
		o.text("reason", e.Reason)
		o.flag("company_form", e.CompanyForm)
		return StatusRepeatedV1
	case kyc.TransitionFlagged:
		o.track(e.StepID, e.Service)
		o.always("violation", e.Violation.String())
		o.always("severity", e.Severity.String())
		o.always("from", e.From.String())
		o.text("attempted", e.Attempted.String())
		o.text("status", e.Status)
		o.text("reason", e.Reason)
		o.flag("company_form", e.CompanyForm)
		return TransitionFlaggedV1
	default:
		return o.rareEvent(event)
	}
}

func (o *object) rareEvent(event kyc.Event) (name string) {
	switch e := event.(type) {
	case kyc.WebhookDiscarded:
		o.track(e.StepID, e.Service)
		o.always("status", e.Status)
		o.text("reason", e.Reason)
		o.text("violation", e.Violation.String())
		o.text("severity", e.Severity.String())
		return WebhookDiscardedV1
	case kyc.ContractViolated:
		o.track(e.StepID, e.Service)
		o.always("violation", e.Violation.String())
		o.always("severity", e.Severity.String())
		o.text("expected", e.Expected)
		return ContractViolatedV1
	case kyc.FlagResolved:
		o.text("step_id", string(e.StepID))
		o.count("flag", e.Flag)
		o.always("decision", e.Resolution.String())
		o.text("by", e.By)
		o.text("note", e.Note)
		return FlagResolvedV1
	case kyc.SnapshotObserved:
		o.snapshot(e)
		return SnapshotObservedV1
	case kyc.DetailsAccessed:
		o.always("step_id", string(e.StepID))
		o.always("by", e.By)
		o.always("purpose", e.Purpose)
		return DetailsAccessedV1
	default:
		return ""
	}
}

func (o *object) snapshot(e kyc.SnapshotObserved) {
	o.flag("unknown", e.Unknown)
	o.flag("company", e.Company)
	if e.Unknown {
		o.text("status", e.Status)
	} else {
		o.always("status", e.Status)
	}
	list(o, "steps", e.Steps, func(o *object, step kyc.ObservedStep) {
		o.track(step.StepID, step.Service)
		o.always("status", step.Status)
	})
	o.number("contradicts", e.Contradicts)
	o.time("asked_at", e.AskedAt)
	o.time("ask_again_at", e.AskAgain)
}

func (o *object) track(step kyc.StepID, service kyc.Service) {
	o.text("step_id", string(step))
	o.text("service", string(service))
}
