package kyc

import (
	"slices"
	"time"
)

// Session is the verification of one person or company, folded from its
// events. It is not safe for concurrent use.
type Session struct{ state State }

// State is all that a session knows, as plain data: what a store keeps of a
// folded session, and what a read model shows.
type State struct {
	Version     int64 // events folded; 0 for a session without history
	Position    int64 // of the last event
	Cycle       int
	OpenedAt    time.Time
	UpdatedAt   time.Time // when the last event was recorded
	CompanyForm bool      // a status other than RESET came in a company's form
	Unknown     bool      // the provider's API knew no such session when it was asked last
	Track       Track     // the session's own
	Steps       []Track   // in the order in which they were first seen
	Flags       []Flag    // the open ones, oldest first
}

// Track is what has a status of its own: the session, or one of its steps.
type Track struct {
	StepID      StepID  // empty for the session's own
	Service     Service // the first that the step was reported with
	Status      Status
	Reason      string // of the last change; empty if none was given
	Submissions int    // PENDING_VERIFICATIONs since the last reset
	UpdatedAt   time.Time
	// SettledAt is the position of the last reset or result, which are what a
	// held status may have been overtaken by; 0 if none.
	SettledAt int64
}

// Flag is an open flag.
type Flag struct {
	Position  int64
	StepID    StepID
	Service   Service
	Violation Violation
	Attempted Trigger // the zero value if there is nothing to apply
	Reason    string
	At        time.Time
}

// Mark says where an event stands in the log, and when it was recorded.
type Mark struct {
	Position int64 // over all streams, from 1
	Version  int64 // within its stream, from 1
	At       time.Time
}

// NewSession returns a session without history, in its first cycle.
func NewSession() *Session {
	return &Session{State{Cycle: 1, Track: Track{Status: SubmissionRequired}}}
}

// RestoreSession returns the session that has a state which State returned.
func RestoreSession(state State) *Session { return &Session{state.clone()} }

// State returns a copy of what the session knows.
func (s *Session) State() State { return s.state.clone() }

// Clone returns an independent copy.
func (s *Session) Clone() *Session { return &Session{s.state.clone()} }

// Version returns the version of the last event; 0 if there is none.
func (s *Session) Version() int64 { return s.state.Version }

func (s State) clone() State {
	s.Steps = slices.Clone(s.Steps)
	s.Flags = slices.Clone(s.Flags)
	return s
}

// step returns the step's index in the state; -1 if it was not seen.
func (s *Session) step(id StepID) int {
	return slices.IndexFunc(s.state.Steps, func(t Track) bool { return t.StepID == id })
}

// track returns the track that a report is about. A step that was not seen
// stands at the initial status.
func (s *Session) track(id StepID, service Service) Track {
	if id == "" {
		return s.state.Track
	}
	if i := s.step(id); i >= 0 {
		known := s.state.Steps[i]
		if known.Service == "" {
			known.Service = service
		}
		return known
	}
	return Track{StepID: id, Service: service, Status: SubmissionRequired}
}

// flow returns the table that a track follows now.
func (s *Session) flow(t Track) Flow {
	if t.StepID == "" && len(s.state.Steps) > 0 || t.StepID != "" && t.Service.automatic() {
		return FlowAutomatic
	}
	return FlowSubmission
}
