package codec

import (
	"encoding/json"
	"errors"
	"fmt"

	"dossier/domain/kyc"
)

var (
	// ErrUnknownName: the event has a name that this version of the program does
	// not know; a later one may have written it.
	ErrUnknownName = errors.New("unknown event name")
	// ErrCorrupt: the stored text is not what its name promises.
	ErrCorrupt = errors.New("corrupt event")
)

// Decode returns the event that was stored under a name. It returns
// ErrUnknownName or ErrCorrupt; the errors do not repeat the data.
func Decode(name, data string) (kyc.Event, error) {
	decode, ok := decoder(name)
	if !ok {
		return nil, fmt.Errorf("decode %q: %w", name, ErrUnknownName)
	}
	event, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w: %w", name, ErrCorrupt, err)
	}
	return event, nil
}

// decoder returns how a name is decoded. A name of an older version would be
// decoded here into the event's present Go type.
func decoder(name string) (func(string) (kyc.Event, error), bool) {
	switch name {
	case StatusChangedV1:
		return decodeStatusChangedV1, true
	case SessionResetV1:
		return decodeSessionResetV1, true
	case StatusRepeatedV1:
		return decodeStatusRepeatedV1, true
	case TransitionFlaggedV1:
		return decodeTransitionFlaggedV1, true
	case WebhookDiscardedV1:
		return decodeWebhookDiscardedV1, true
	case ContractViolatedV1:
		return decodeContractViolatedV1, true
	case FlagResolvedV1:
		return decodeFlagResolvedV1, true
	default:
		return nil, false
	}
}

// words collects the first fault among an event's enumerations.
type words struct{ err error }

// word reads one name of an enumeration.
func word[E any](w *words, field, text string, parse func(string) (E, bool)) E {
	value, ok := parse(text)
	if !ok && w.err == nil {
		w.err = fmt.Errorf("field %s has an unknown value", field)
	}
	return value
}

func decodeStatusChangedV1(data string) (kyc.Event, error) {
	s, err := parse[statusChangedV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	return kyc.StatusChanged{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Trigger: word(&w, "trigger", s.Trigger, kyc.ParseTrigger),
		From:    word(&w, "from", s.From, kyc.ParseStatus),
		To:      word(&w, "to", s.To, kyc.ParseStatus),
		Reason:  s.Reason,
		Cause:   word(&w, "cause", s.Cause, kyc.ParseCause),
		Flag:    s.Flag, CompanyForm: s.CompanyForm,
	}, w.err
}

func decodeSessionResetV1(data string) (kyc.Event, error) {
	s, err := parse[sessionResetV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	return kyc.SessionReset{
		Cycle: s.Cycle, Service: kyc.Service(s.Service), Reason: s.Reason,
		Cause: word(&w, "cause", s.Cause, kyc.ParseCause), Flag: s.Flag,
	}, w.err
}

func decodeStatusRepeatedV1(data string) (kyc.Event, error) {
	s, err := parse[statusRepeatedV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	return kyc.StatusRepeated{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Trigger: word(&w, "trigger", s.Trigger, kyc.ParseTrigger),
		Status:  word(&w, "status", s.Status, kyc.ParseStatus),
		Reason:  s.Reason, CompanyForm: s.CompanyForm,
	}, w.err
}

func decodeTransitionFlaggedV1(data string) (kyc.Event, error) {
	s, err := parse[transitionFlaggedV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	e := kyc.TransitionFlagged{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Violation: word(&w, "violation", s.Violation, kyc.ParseViolation),
		Severity:  word(&w, "severity", s.Severity, kyc.ParseSeverity),
		From:      word(&w, "from", s.From, kyc.ParseStatus),
		Status:    s.Status, Reason: s.Reason, CompanyForm: s.CompanyForm,
	}
	if s.Attempted != "" {
		e.Attempted = word(&w, "attempted", s.Attempted, kyc.ParseTrigger)
	}
	return e, w.err
}

func decodeWebhookDiscardedV1(data string) (kyc.Event, error) {
	s, err := parse[webhookDiscardedV1](data)
	return kyc.WebhookDiscarded{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service), Status: s.Status, Reason: s.Reason,
	}, err
}

func decodeContractViolatedV1(data string) (kyc.Event, error) {
	s, err := parse[contractViolatedV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	return kyc.ContractViolated{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Violation: word(&w, "violation", s.Violation, kyc.ParseViolation),
		Severity:  word(&w, "severity", s.Severity, kyc.ParseSeverity),
		Expected:  s.Expected,
	}, w.err
}

func decodeFlagResolvedV1(data string) (kyc.Event, error) {
	s, err := parse[flagResolvedV1](data)
	if err != nil {
		return nil, err
	}
	var w words
	return kyc.FlagResolved{
		StepID: kyc.StepID(s.StepID), Flag: s.Flag,
		Resolution: word(&w, "decision", s.Decision, kyc.ParseResolution),
		By:         s.By, Note: s.Note,
	}, w.err
}

// parse reads a stored form.
func parse[T any, P interface {
	*T
	form
}](data string) (T, error) {
	var quick T
	if readPlain(data, P(&quick)) {
		return quick, nil
	}
	var stored T
	err := unmarshal([]byte(data), &stored)
	return stored, err
}

// unmarshal hides the text that encoding/json puts into some of its errors.
func unmarshal(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return errors.New("the JSON does not fit")
	}
	return nil
}
