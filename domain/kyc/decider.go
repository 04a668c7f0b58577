package kyc

import "time"

// Decider turns reports and resolutions into events, for the sessions of one
// app. It changes nothing itself.
type Decider struct {
	Machine *Machine
	Rules   Rules
}

// Decision is what a report became: its outcome and the events to record, of
// which the first is the outcome's own.
type Decision struct {
	Outcome Outcome
	Events  []Event
}

// Receive decides a report that came at a time, on the session as it stands.
func (d Decider) Receive(s *Session, r Report, now time.Time) Decision {
	if !r.Trigger.Known() {
		return Decision{Discarded, []Event{d.discard(s, r)}}
	}
	track := s.track(r.StepID, r.Service)
	v := d.Machine.judge(s.flow(track), track.Status, r.Trigger)
	switch v.outcome {
	case Applied:
		return Decision{Applied, d.apply(s, track, r, v.to, now)}
	case Repeated:
		return Decision{Repeated, []Event{StatusRepeated{
			StepID: r.StepID, Service: r.Service, Trigger: r.Trigger,
			Status: v.to, Reason: r.Reason, CompanyForm: r.CompanyForm,
		}}}
	default:
		return Decision{Flagged, []Event{flagged(track, r, v.violation)}}
	}
}

// discard returns the event of a report whose status we do not know, which is a
// flag.
func (d Decider) discard(s *Session, r Report) Event {
	severity := UnknownStatus.Severity()
	if s.track(r.StepID, r.Service).Status == Approved || s.Overall(d.Rules) == OverallApproved {
		severity = SeverityMedium
	}
	return WebhookDiscarded{
		StepID: r.StepID, Service: r.Service, Status: r.Status, Reason: r.Reason, Violation: UnknownStatus, Severity: severity,
	}
}

// Conflict decides a report whose delivery id is known with other bytes: it is
// held, whatever it says.
func (d Decider) Conflict(s *Session, r Report) Decision {
	return Decision{Flagged, []Event{flagged(s.track(r.StepID, r.Service), r, DeliveryConflict)}}
}

func flagged(track Track, r Report, v Violation) TransitionFlagged {
	e := TransitionFlagged{
		StepID: r.StepID, Service: r.Service, Violation: v, Severity: v.Severity(),
		From: track.Status, Attempted: r.Trigger, Reason: r.Reason, CompanyForm: r.CompanyForm,
	}
	if !r.Trigger.Known() {
		e.Status = r.Status
	}
	return e
}

// apply returns the event of an allowed move, and what it brings along.
func (d Decider) apply(s *Session, track Track, r Report, to Status, now time.Time) []Event {
	events := []Event{moved(s, track, r, to)}
	for _, v := range d.contractViolations(s, r) {
		events = append(events, v)
	}
	if r.Trigger == ReportPendingVerification {
		events = append(events, d.heal(s, track, r, now)...)
	}
	return events
}

// moved is the event of an allowed move: a reset of the session has one of its
// own, for it moves every track.
func moved(s *Session, track Track, r Report, to Status) Event {
	if r.Trigger == ReportReset && r.StepID == "" {
		return SessionReset{Cycle: s.state.Cycle + 1, Service: r.Service, Reason: r.Reason, Cause: CauseReported}
	}
	return StatusChanged{
		StepID: r.StepID, Service: r.Service, Trigger: r.Trigger, From: track.Status, To: to,
		Reason: r.Reason, Cause: CauseReported, CompanyForm: r.CompanyForm,
	}
}
