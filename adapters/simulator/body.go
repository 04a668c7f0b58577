package simulator

import "encoding/json"

// The statuses of a webhook, in the words of v4.
const (
	pending      = "PENDING_VERIFICATION"
	approved     = "APPROVED"
	resubmission = "RESUBMISSION_REQUIRED"
	submission   = "SUBMISSION_REQUIRED"
	rejected     = "REJECTED"
	reset        = "RESET"
)

// stateOf returns the word of v3 for one of v4. REJECTED means another thing in
// either. Undocumented words stay as they are.
func stateOf(status string) string {
	switch status {
	case pending:
		return "SUBMITTED"
	case approved:
		return "VALIDATED"
	case resubmission:
		return "REJECTED"
	case rejected:
		return "FINAL_REJECTED"
	default:
		return status
	}
}

// undocumented returns statuses that neither vocabulary has, but that a
// provider might add.
func undocumented() []string {
	return []string{"EXPIRED", "ON_HOLD", "UNDER_REVIEW", "ARCHIVED"}
}

// reasons returns why a reviewer refuses. Some need care in JSON.
func reasons() []string {
	return []string{
		"The document image seems to be forged",
		"The document has expired",
		"The photo is blurred, please take it again in daylight",
		"The name doesn't match the one on the \"proof of address\"",
		"Le justificatif de domicile date de plus de trois mois (périmé)",
		"Document type not supported: driver's licence <provisional>",
		"The face could not be compared with the document",
		"Пожалуйста, загрузите обе стороны документа",
	}
}

// body is a webhook's body. Fields stand in the order in which the provider's
// example has them.
type body struct {
	Reason    string  `json:"reason"`
	Service   *string `json:"service,omitempty"` // a company's has none, an empty one is another thing
	SessionID string  `json:"session_id"`
	State     string  `json:"state,omitempty"`
	Status    string  `json:"status,omitempty"`
	StepID    any     `json:"step_id,omitempty"` // a string or a number; like Service
}

// render returns the body of one move. It is the same bytes for the same move,
// which is what makes a duplicate one.
func (s *session) render(m move) []byte {
	b := body{Reason: m.reason, SessionID: s.id}
	if s.v3 {
		b.State = stateOf(m.status)
	} else {
		b.Status = m.status
	}
	if !s.corporate {
		service, stepID := s.label(m.track)
		b.Service, b.StepID = &service, stepID
	}
	text, err := json.Marshal(b)
	if err != nil {
		panic(err) // text and numbers only
	}
	return text
}

// label returns the service and the id of a track as a body has them: empty
// ones for the session itself.
func (s *session) label(track int) (service string, stepID any) {
	if track == whole {
		return "", ""
	}
	step := s.steps[track]
	if s.numeric {
		return step.service, json.Number(step.id)
	}
	return step.service, step.id
}
