package kyc

// Severity says how much a violation matters to a reviewer.
type Severity struct{ name string }

// The severities.
var (
	SeverityLow    = Severity{"low"}
	SeverityMedium = Severity{"medium"}
	SeverityHigh   = Severity{"high"}
)

// Severities returns every severity, the least first.
func Severities() []Severity { return []Severity{SeverityLow, SeverityMedium, SeverityHigh} }

// ParseSeverity reads a severity by its name; ok is false for any other text.
func ParseSeverity(name string) (s Severity, ok bool) { return parse(name, Severities()) }

// String returns the name, empty for the zero value.
func (s Severity) String() string { return s.name }

// Violation is what should not have happened.
type Violation struct{ name string }

var (
	// Premature: the status would be allowed after a PENDING_VERIFICATION that
	// we have not seen.
	Premature = Violation{"premature"}
	// AfterFinal: anything but RESET after REJECTED.
	AfterFinal = Violation{"after_final"}
	// Regression: any other forbidden move, above all back to
	// PENDING_VERIFICATION after APPROVED.
	Regression = Violation{"regression"}
	// DeliveryConflict: a known delivery id came with other bytes.
	DeliveryConflict = Violation{"delivery_conflict"}
	// MissingReason: RESUBMISSION_REQUIRED or REJECTED without a reason.
	MissingReason = Violation{"missing_reason"}
	// ServiceMismatch: a known step came with another service.
	ServiceMismatch = Violation{"service_mismatch"}
	// KindMismatch: a step on a session of a company, or the reverse.
	KindMismatch = Violation{"kind_mismatch"}
	// UnknownStatus: a report has a status that we do not know.
	UnknownStatus = Violation{"unknown_status"}
)

// Violations returns every violation.
func Violations() []Violation {
	return []Violation{
		Premature, AfterFinal, Regression, DeliveryConflict,
		MissingReason, ServiceMismatch, KindMismatch, UnknownStatus,
	}
}

// ParseViolation reads a violation by its name; ok is false for any other text.
func ParseViolation(name string) (v Violation, ok bool) { return parse(name, Violations()) }

// String returns the name, empty for the zero value.
func (v Violation) String() string { return v.name }

// Severity returns how much the violation matters. Violations of the
// provider's contract are low: they stop nothing. An unknown status after an
// approval is medium, for it may have revoked that.
func (v Violation) Severity() Severity {
	switch v {
	case Premature:
		return SeverityMedium
	case AfterFinal, Regression, DeliveryConflict:
		return SeverityHigh
	default:
		return SeverityLow
	}
}
