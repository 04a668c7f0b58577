package kyc

import "slices"

// Apply folds one event into the session. It is total: it copies what the
// event says and refuses nothing.
func (s *Session) Apply(event Event, mark Mark) {
	if s.state.Version == 0 {
		s.state.OpenedAt = mark.At
	}
	s.state.Version, s.state.Position, s.state.UpdatedAt = mark.Version, mark.Position, mark.At

	switch e := event.(type) {
	case StatusChanged:
		s.applyStatusChanged(e, mark)
	case SessionReset:
		s.applySessionReset(e, mark)
	case StatusRepeated:
		s.see(e.StepID, e.Service, mark)
		s.seeForm(e.CompanyForm, e.Trigger)
	case TransitionFlagged:
		s.applyTransitionFlagged(e, mark)
	case ContractViolated:
		s.state.Flags = append(s.state.Flags, Flag{
			Position: mark.Position, StepID: e.StepID, Service: e.Service, Violation: e.Violation, At: mark.At,
		})
	case FlagResolved:
		s.state.Flags = slices.DeleteFunc(s.state.Flags, func(f Flag) bool { return f.Position == e.Flag })
	case SnapshotObserved:
		s.applySnapshotObserved(e, mark)
	case WebhookDiscarded:
		s.applyWebhookDiscarded(e, mark)
	case DetailsAccessed: // nothing changes
	}
}

func (s *Session) applyStatusChanged(e StatusChanged, mark Mark) {
	t := s.see(e.StepID, e.Service, mark)
	s.seeForm(e.CompanyForm, e.Trigger)
	if e.Trigger == ReportReset {
		t.reset(mark)
	}
	t.Status, t.Reason, t.UpdatedAt = e.To, e.Reason, mark.At
	if e.Trigger == ReportPendingVerification {
		t.Submissions++
	} else {
		t.SettledAt = mark.Position
	}
}

func (s *Session) applySessionReset(e SessionReset, mark Mark) {
	s.state.Cycle = e.Cycle
	s.state.Track.reset(mark)
	s.state.Track.Reason = e.Reason
	for i := range s.state.Steps {
		s.state.Steps[i].reset(mark)
	}
}

func (s *Session) applyTransitionFlagged(e TransitionFlagged, mark Mark) {
	// Bytes that contradict their delivery id are no evidence of a step, nor of
	// the kind of the session.
	if e.Violation != DeliveryConflict {
		s.see(e.StepID, e.Service, mark)
		s.seeForm(e.CompanyForm, e.Attempted)
	}
	s.state.Flags = append(s.state.Flags, Flag{
		Position: mark.Position, StepID: e.StepID, Service: e.Service, Violation: e.Violation,
		Attempted: e.Attempted, Reason: e.Reason, At: mark.At,
	})
}

// applyWebhookDiscarded sees no step: what was not understood is no evidence of one.
func (s *Session) applyWebhookDiscarded(e WebhookDiscarded, mark Mark) {
	if e.Violation == (Violation{}) {
		return
	}
	s.state.Flags = append(s.state.Flags, Flag{
		Position: mark.Position, StepID: e.StepID, Service: e.Service, Violation: e.Violation, Reason: e.Reason, At: mark.At,
	})
}

// applySnapshotObserved sees the steps of a snapshot. Those of a company are no
// tracks, see the kind of a session.
func (s *Session) applySnapshotObserved(e SnapshotObserved, mark Mark) {
	if !e.Applied() {
		return
	}
	s.state.Unknown = e.Unknown
	if e.Company {
		s.state.CompanyForm = true
		return
	}
	for _, step := range e.Steps {
		s.see(step.StepID, step.Service, mark)
	}
}

// see returns the track of a report, which starts a step's when it was not
// seen before. A step keeps the first service that it was named with.
func (s *Session) see(id StepID, service Service, mark Mark) *Track {
	if id == "" {
		return &s.state.Track
	}
	i := s.step(id)
	if i < 0 {
		i = len(s.state.Steps)
		s.state.Steps = append(s.state.Steps, Track{StepID: id, Status: SubmissionRequired, UpdatedAt: mark.At})
	}
	t := &s.state.Steps[i]
	if t.Service == "" {
		t.Service = service
	}
	return t
}

func (s *Session) seeForm(company bool, t Trigger) {
	if company && t != ReportReset {
		s.state.CompanyForm = true
	}
}

func (t *Track) reset(mark Mark) {
	t.Status, t.Reason, t.Submissions = SubmissionRequired, "", 0
	t.UpdatedAt, t.SettledAt = mark.At, mark.Position
}
