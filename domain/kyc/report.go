package kyc

// Report is what a provider said of one track, in our words.
type Report struct {
	StepID  StepID  // empty: the session itself
	Service Service // empty if none was named
	Trigger Trigger // the zero value if the status is none that we know
	Status  string  // the status as it came, for a trigger that we do not know
	Reason  string
	// CompanyForm says that the report had neither the key of a service nor
	// that of a step: the form that a provider uses for companies.
	CompanyForm bool
	// Attempt counts the deliveries of this report from 1; 0 if unknown. Above
	// 1 the report is provably late.
	Attempt int
}

// Outcome is what a report became. Each delivery has exactly one.
type Outcome struct{ name string }

// The outcomes.
var (
	Applied   = Outcome{"applied"}   // the machine allows it
	Repeated  = Outcome{"repeated"}  // it tells nothing new
	Flagged   = Outcome{"flagged"}   // the machine forbids it; the status stays
	Discarded = Outcome{"discarded"} // a status that we do not know
	Duplicate = Outcome{"duplicate"} // this delivery was stored before
)

// Outcomes returns every outcome.
func Outcomes() []Outcome { return []Outcome{Applied, Repeated, Flagged, Discarded, Duplicate} }

// ParseOutcome reads an outcome by its name; ok is false for any other text.
func ParseOutcome(name string) (o Outcome, ok bool) { return parse(name, Outcomes()) }

// String returns the name, empty for the zero value.
func (o Outcome) String() string { return o.name }
