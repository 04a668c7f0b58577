package codec

import (
	"encoding/json"
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
	name, stored := storedForm(event)
	if stored == nil {
		return "", nil, fmt.Errorf("encode %T: it has no stored form", event)
	}
	for _, text := range freeTexts(event) {
		// encoding/json replaces invalid UTF-8 in silence.
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return "", nil, fmt.Errorf("encode %s: text with NUL or invalid UTF-8: %w", name, eventlog.ErrUnstorable)
		}
	}
	data, err = json.Marshal(stored)
	if err != nil {
		return "", nil, fmt.Errorf("encode %s: %w", name, err)
	}
	return name, data, nil
}

// freeTexts returns the texts of an event that come from outside.
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
	default:
		return [4]string{}
	}
}

func storedForm(event kyc.Event) (name string, stored any) {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return StatusChangedV1, statusChangedV1{
			StepID: string(e.StepID), Service: string(e.Service), Trigger: e.Trigger.String(),
			From: e.From.String(), To: e.To.String(), Reason: e.Reason,
			Cause: e.Cause.String(), Flag: e.Flag, CompanyForm: e.CompanyForm,
		}
	case kyc.SessionReset:
		return SessionResetV1, sessionResetV1{
			Cycle: e.Cycle, Service: string(e.Service), Reason: e.Reason, Cause: e.Cause.String(), Flag: e.Flag,
		}
	case kyc.StatusRepeated:
		return StatusRepeatedV1, statusRepeatedV1{
			StepID: string(e.StepID), Service: string(e.Service), Trigger: e.Trigger.String(),
			Status: e.Status.String(), Reason: e.Reason, CompanyForm: e.CompanyForm,
		}
	case kyc.TransitionFlagged:
		return TransitionFlaggedV1, transitionFlaggedV1{
			StepID: string(e.StepID), Service: string(e.Service), Violation: e.Violation.String(),
			Severity: e.Severity.String(), From: e.From.String(), Attempted: e.Attempted.String(),
			Status: e.Status, Reason: e.Reason, CompanyForm: e.CompanyForm,
		}
	case kyc.WebhookDiscarded:
		return WebhookDiscardedV1, webhookDiscardedV1{
			StepID: string(e.StepID), Service: string(e.Service), Status: e.Status, Reason: e.Reason,
		}
	case kyc.ContractViolated:
		return ContractViolatedV1, contractViolatedV1{
			StepID: string(e.StepID), Service: string(e.Service), Violation: e.Violation.String(),
			Severity: e.Severity.String(), Expected: e.Expected,
		}
	case kyc.FlagResolved:
		return FlagResolvedV1, flagResolvedV1{
			StepID: string(e.StepID), Flag: e.Flag, Decision: e.Resolution.String(), By: e.By, Note: e.Note,
		}
	default:
		return "", nil
	}
}
