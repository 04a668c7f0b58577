package kyc

// Status is the state of one track. The zero value is no status.
type Status struct{ name string }

// The states of a track.
var (
	SubmissionRequired   = Status{"SUBMISSION_REQUIRED"} // the initial state
	PendingVerification  = Status{"PENDING_VERIFICATION"}
	ResubmissionRequired = Status{"RESUBMISSION_REQUIRED"}
	Approved             = Status{"APPROVED"}
	Rejected             = Status{"REJECTED"}
)

// Statuses returns every state of a track, the initial one first.
func Statuses() []Status {
	return []Status{SubmissionRequired, PendingVerification, ResubmissionRequired, Approved, Rejected}
}

// ParseStatus reads a status by its name; ok is false for any other text.
func ParseStatus(name string) (s Status, ok bool) { return parse(name, Statuses()) }

// String returns the name, empty for the zero value.
func (s Status) String() string { return s.name }

// named is what the closed enumerations of this package have in common.
type named interface {
	comparable
	String() string
}

func parse[E named](name string, all []E) (E, bool) {
	for _, e := range all {
		if e.String() == name {
			return e, true
		}
	}
	var none E
	return none, false
}
