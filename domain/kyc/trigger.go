package kyc

// Trigger is what a provider reports of a track: that it reached a status, or
// that it was reset. The zero value stands for a report that we do not know.
type Trigger struct{ name string }

// The triggers of the machine.
var (
	ReportSubmissionRequired   = Trigger{"SUBMISSION_REQUIRED"}
	ReportPendingVerification  = Trigger{"PENDING_VERIFICATION"}
	ReportResubmissionRequired = Trigger{"RESUBMISSION_REQUIRED"}
	ReportApproved             = Trigger{"APPROVED"}
	ReportRejected             = Trigger{"REJECTED"}
	ReportReset                = Trigger{"RESET"}
)

// Triggers returns every trigger.
func Triggers() []Trigger {
	return []Trigger{
		ReportSubmissionRequired, ReportPendingVerification, ReportResubmissionRequired,
		ReportApproved, ReportRejected, ReportReset,
	}
}

// ParseTrigger reads a trigger by its name; ok is false for any other text.
func ParseTrigger(name string) (t Trigger, ok bool) { return parse(name, Triggers()) }

// String returns the name, empty for the zero value.
func (t Trigger) String() string { return t.name }

// Known tells a trigger of the machine from the zero value.
func (t Trigger) Known() bool { return t != Trigger{} }

// status is the state that the trigger names. A reset names the initial one.
func (t Trigger) status() Status {
	if t == ReportReset {
		return SubmissionRequired
	}
	return Status(t)
}
