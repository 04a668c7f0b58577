package kyc

// verdict is what the machine makes of one trigger on one track.
type verdict struct {
	outcome   Outcome
	to        Status    // where an applied or repeated trigger leaves the track
	violation Violation // what a flagged one violates
}

// judge decides a trigger on a track that stands at a status, as section 2.2
// of the design has it.
func (m *Machine) judge(flow Flow, from Status, t Trigger) verdict {
	to, allowed := m.next(flow, from, t)
	switch {
	case repeats(from, t, to, allowed):
		return verdict{outcome: Repeated, to: from}
	case allowed:
		return verdict{outcome: Applied, to: to}
	default:
		return verdict{outcome: Flagged, violation: m.classify(flow, from, t)}
	}
}

// repeats says that a trigger tells nothing new: it names the status that the
// track has, or leads where the track is. Another document and another reset
// are news although the status stays.
func repeats(from Status, t Trigger, to Status, allowed bool) bool {
	if t == ReportPendingVerification || t == ReportReset {
		return false
	}
	return t.status() == from || allowed && to == from
}

// classify names what a forbidden trigger violates.
func (m *Machine) classify(flow Flow, from Status, t Trigger) Violation {
	if from == Rejected {
		return AfterFinal
	}
	if pending, ok := m.next(flow, from, ReportPendingVerification); ok {
		if _, ok := m.next(flow, pending, t); ok {
			return Premature
		}
	}
	return Regression
}
