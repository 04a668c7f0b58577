package kyc

// contractViolations returns what a report breaks of the provider's own
// contract. None of it stops a valid transition.
func (d Decider) contractViolations(s *Session, r Report) []ContractViolated {
	var found []ContractViolated
	add := func(v Violation, expected string) {
		found = append(found, ContractViolated{
			StepID: r.StepID, Service: r.Service, Violation: v, Severity: v.Severity(), Expected: expected,
		})
	}
	if r.Reason == "" && (r.Trigger == ReportResubmissionRequired || r.Trigger == ReportRejected) {
		add(MissingReason, "")
	}
	// The service of a step that was not seen is the one it comes with.
	known := s.track(r.StepID, r.Service).Service
	if r.StepID != "" && r.Service != "" && known != "" && known != r.Service {
		add(ServiceMismatch, string(known))
	}
	if kind := s.Kind(d.Rules); mismatches(kind, r) {
		add(KindMismatch, kind.String())
	}
	return found
}

// mismatches says that a report has the form of the other kind. A reset has
// the same form for both.
func mismatches(kind Kind, r Report) bool {
	switch kind {
	case KindCorporate:
		return r.StepID != "" || r.Service != ""
	case KindIndividual:
		return r.CompanyForm && r.Trigger != ReportReset
	default:
		return false
	}
}
