package kyc

import "slices"

// Overall is the derived status of a whole session.
type Overall struct{ name string }

// The overall statuses. StepsApproved says that every step seen is approved,
// while nothing says that these are all the steps there are: it is not an
// approval.
var (
	OverallSubmissionRequired   = Overall(SubmissionRequired)
	OverallPendingVerification  = Overall(PendingVerification)
	OverallResubmissionRequired = Overall(ResubmissionRequired)
	OverallStepsApproved        = Overall{"STEPS_APPROVED"}
	OverallApproved             = Overall(Approved)
	OverallRejected             = Overall(Rejected)
)

// Overalls returns every overall status.
func Overalls() []Overall {
	return []Overall{
		OverallSubmissionRequired, OverallPendingVerification, OverallResubmissionRequired,
		OverallStepsApproved, OverallApproved, OverallRejected,
	}
}

// ParseOverall reads an overall status by its name; ok is false for any other
// text.
func ParseOverall(name string) (o Overall, ok bool) { return parse(name, Overalls()) }

// String returns the name, empty for the zero value.
func (o Overall) String() string { return o.name }

// Overall derives the status of the whole session from its tracks, by the
// order of section 2.1 of the design. An approved step never approves the
// session by itself.
func (s *Session) Overall(rules Rules) Overall {
	switch {
	case s.any(Rejected):
		return OverallRejected
	case s.any(ResubmissionRequired):
		return OverallResubmissionRequired
	case s.any(PendingVerification):
		return OverallPendingVerification
	case s.state.Track.Status == Approved:
		return OverallApproved
	case !s.stepsApproved():
		return OverallSubmissionRequired
	case s.covers(rules.Required):
		return OverallApproved
	default:
		return OverallStepsApproved
	}
}

func (s *Session) any(status Status) bool {
	return s.state.Track.Status == status ||
		slices.ContainsFunc(s.state.Steps, func(t Track) bool { return t.Status == status })
}

// stepsApproved says that there are steps and that each is approved.
func (s *Session) stepsApproved() bool {
	pending := slices.ContainsFunc(s.state.Steps, func(t Track) bool { return t.Status != Approved })
	return len(s.state.Steps) > 0 && !pending
}

// covers says that services are required and that each has an approved step.
func (s *Session) covers(required []Service) bool {
	for _, service := range required {
		approved := func(t Track) bool { return t.Service == service && t.Status == Approved }
		if !slices.ContainsFunc(s.state.Steps, approved) {
			return false
		}
	}
	return len(required) > 0
}
