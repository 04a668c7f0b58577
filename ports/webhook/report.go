package webhook

import (
	"bytes"
	"strings"
	"unicode"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// Longest texts in bytes that name something. A status and a reason are bound
// by the body's size only: to refuse one would lose the webhook.
const (
	maxStepID  = 256
	maxService = 128
	// maxReasonJSON bounds a reason that is no string: it is read by people.
	maxReasonJSON = 2000
)

// message is what a body says.
type message struct {
	session kyc.SessionID
	report  kyc.Report
}

// fields are the values of a body as they stand; nil: the key is missing.
type fields struct {
	session, status, state, step, service, reason []byte
}

// parse translates a body. The error is a problem of this package.
func parse(body []byte) (message, error) {
	o, err := openObject(withoutMark(body))
	if err != nil {
		return message{}, err
	}
	return fieldsOf(o).message()
}

// fieldsOf picks the fields that we know by their exact names. Of a name that
// stands twice the last counts, as in every common reader.
func fieldsOf(o object) (f fields) {
	for {
		key, value, ok := o.next()
		if !ok {
			return f
		}
		switch string(key) {
		case "session_id":
			f.session = value
		case "status":
			f.status = value
		case "state":
			f.state = value
		case "step_id":
			f.step = value
		case "service":
			f.service = value
		case "reason":
			f.reason = value
		}
	}
}

func (f fields) message() (m message, err error) {
	if m.session, err = f.sessionID(); err != nil {
		return message{}, err
	}
	if m.report.Trigger, m.report.Status, err = f.trigger(); err != nil {
		return message{}, err
	}
	if m.report.StepID, err = f.stepID(); err != nil {
		return message{}, err
	}
	m.report.Service = f.serviceName()
	// No database keeps a NUL in text. The payload has the original.
	m.report.Reason = withoutNUL(f.reasonText())
	m.report.Status = withoutNUL(m.report.Status)
	// Companies are told by the keys: one with null was still written.
	m.report.CompanyForm = f.service == nil && f.step == nil
	return m, nil
}

// withoutNUL replaces each NUL by the replacement character: to refuse it would
// lose the webhook, for sending it again does not help.
func withoutNUL(text string) string { return strings.ReplaceAll(text, "\x00", "\uFFFD") }

func (f fields) sessionID() (kyc.SessionID, error) {
	id, err := text("session_id", f.session)
	switch {
	case err != nil:
		return "", err
	case id == "":
		return "", missingSessionID
	case len(id) > eventlog.MaxSessionID:
		return "", refusal("session_id", "too long")
	case strings.ContainsFunc(id, unicode.IsControl) || broken(id):
		return "", refusal("session_id", "a character that is not allowed")
	}
	return kyc.SessionID(id), nil
}

func (f fields) stepID() (kyc.StepID, error) {
	var id string
	var err error
	if isNumber(f.step) {
		// The digits as they stand: as a number, a long one would be rounded.
		id = string(f.step)
	} else if id, err = text("step_id", f.step); err != nil {
		return "", refusal("step_id", "a string or a number is expected")
	}
	switch {
	case len(id) > maxStepID:
		return "", refusal("step_id", "too long")
	case strings.Contains(id, "\x00") || broken(id):
		return "", refusal("step_id", "a character that is not allowed")
	}
	return kyc.StepID(id), nil
}

// serviceName returns the service, or none if what stands there can't name one: it
// is no reason to lose what the webhook says of a status.
func (f fields) serviceName() kyc.Service {
	name, err := text("service", f.service)
	if err != nil || len(name) > maxService || strings.Contains(name, "\x00") {
		return ""
	}
	return kyc.Service(name)
}

// reasonText returns the reason: a string, or else the JSON of what stands there,
// up to a bound. Whatever it is, a status counts without it.
func (f fields) reasonText() string {
	if reason, err := text("reason", f.reason); err == nil {
		return reason
	}
	return strings.ToValidUTF8(string(f.reason[:min(len(f.reason), maxReasonJSON)]), "")
}

// text returns the string of a field, empty if it is missing or null.
func text(name string, value []byte) (string, error) {
	if absent(value) {
		return "", nil
	}
	if value[0] != '"' {
		return "", refusal(name, "a string is expected")
	}
	return string(decoded(value)), nil
}

func absent(value []byte) bool { return value == nil || bytes.Equal(value, []byte("null")) }

func isNumber(value []byte) bool {
	return value != nil && (value[0] == '-' || '0' <= value[0] && value[0] <= '9')
}

// broken finds the mark of text that was damaged on its way, such as half of an
// escaped pair. Two different ids could be damaged to the same one.
func broken(id string) bool { return strings.ContainsRune(id, unicode.ReplacementChar) }

func refusal(field, fault string) problem.Problem {
	return invalidField.With(field + ": " + fault)
}
