package codec

import (
	"fmt"
	"time"

	"dossier/domain/kyc"
)

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

// time reads a time; an empty text is none.
func (w *words) time(field, text string) (at time.Time) {
	if text == "" {
		return at
	}
	at, err := time.Parse(timeForm, text)
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("field %s is no time", field)
	}
	return at
}

func (s *statusChangedV1) event() (kyc.Event, error) {
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

func (s *sessionResetV1) event() (kyc.Event, error) {
	var w words
	return kyc.SessionReset{
		Cycle: s.Cycle, Service: kyc.Service(s.Service), Reason: s.Reason,
		Cause: word(&w, "cause", s.Cause, kyc.ParseCause), Flag: s.Flag,
	}, w.err
}

func (s *statusRepeatedV1) event() (kyc.Event, error) {
	var w words
	return kyc.StatusRepeated{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Trigger: word(&w, "trigger", s.Trigger, kyc.ParseTrigger),
		Status:  word(&w, "status", s.Status, kyc.ParseStatus),
		Reason:  s.Reason, CompanyForm: s.CompanyForm,
	}, w.err
}

func (s *transitionFlaggedV1) event() (kyc.Event, error) {
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

func (s *webhookDiscardedV1) event() (kyc.Event, error) {
	e := kyc.WebhookDiscarded{StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service), Status: s.Status, Reason: s.Reason}
	if s.Violation == "" {
		return e, nil
	}
	var w words
	e.Violation = word(&w, "violation", s.Violation, kyc.ParseViolation)
	e.Severity = word(&w, "severity", s.Severity, kyc.ParseSeverity)
	return e, w.err
}

func (s *contractViolatedV1) event() (kyc.Event, error) {
	var w words
	return kyc.ContractViolated{
		StepID: kyc.StepID(s.StepID), Service: kyc.Service(s.Service),
		Violation: word(&w, "violation", s.Violation, kyc.ParseViolation),
		Severity:  word(&w, "severity", s.Severity, kyc.ParseSeverity),
		Expected:  s.Expected,
	}, w.err
}

func (s *flagResolvedV1) event() (kyc.Event, error) {
	var w words
	return kyc.FlagResolved{
		StepID: kyc.StepID(s.StepID), Flag: s.Flag,
		Resolution: word(&w, "decision", s.Decision, kyc.ParseResolution),
		By:         s.By, Note: s.Note,
	}, w.err
}

func (s *snapshotObservedV1) event() (kyc.Event, error) {
	var w words
	e := kyc.SnapshotObserved{
		Unknown: s.Unknown, Company: s.Company, Status: s.Status, Contradicts: s.Contradicts,
		AskedAt: w.time("asked_at", s.AskedAt), AskAgain: w.time("ask_again_at", s.AskAgainAt),
	}
	for _, step := range s.Steps {
		e.Steps = append(e.Steps, kyc.ObservedStep{
			StepID: kyc.StepID(step.StepID), Service: kyc.Service(step.Service), Status: step.Status,
		})
	}
	return e, w.err
}

func (s *detailsAccessedV1) event() (kyc.Event, error) {
	return kyc.DetailsAccessed{StepID: kyc.StepID(s.StepID), By: s.By, Purpose: s.Purpose}, nil
}
