package kyc_test

import (
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// Services that have no table of their own, unlike kyc.ServiceAML.
const (
	document = kyc.Service("ID_DOCUMENT")
	liveness = kyc.Service("LIVENESS")
)

// The people and texts of the tests.
const (
	blurred  = "blurred"
	reviewer = "ada"
	note     = "checked with the provider"
)

// dawn is when every story begins.
func dawn() time.Time { return time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC) }

// story tells the life of one session: it decides, then applies the events at
// the next positions, as the application does.
type story struct {
	decider  kyc.Decider
	session  *kyc.Session
	now      time.Time
	position int64
	log      []entry
}

// entry is one recorded event, with the session around it.
type entry struct {
	event         kyc.Event
	mark          kyc.Mark
	before, after kyc.State
}

func begin(rules kyc.Rules) *story {
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: rules}
	return &story{decider: decider, session: kyc.NewSession(), now: dawn()}
}

// usual are the rules of an app that sets nothing.
func usual() kyc.Rules { return kyc.Rules{HealWindow: kyc.DefaultHealWindow} }

// tell begins a story with reports, one a minute: too far apart for one to
// heal another.
func tell(rules kyc.Rules, reports ...kyc.Report) *story {
	s := begin(rules)
	for _, r := range reports {
		s.receive(r)
		s.wait(time.Minute)
	}
	return s
}

func (s *story) wait(d time.Duration) { s.now = s.now.Add(d) }

func (s *story) receive(r kyc.Report) kyc.Decision {
	decision := s.decider.Receive(s.session, r, s.now)
	s.record(decision.Events)
	return decision
}

func (s *story) conflict(r kyc.Report) kyc.Decision {
	decision := s.decider.Conflict(s.session, r)
	s.record(decision.Events)
	return decision
}

func (s *story) rule(r kyc.Ruling) ([]kyc.Event, error) {
	events, err := s.decider.Resolve(s.session, r)
	s.record(events)
	return events, err
}

func (s *story) record(events []kyc.Event) {
	// The gap stands for the events of other sessions: a position is not a
	// version.
	s.position += 10
	for _, event := range events {
		s.position++
		mark := kyc.Mark{Position: s.position, Version: s.session.Version() + 1, At: s.now}
		before := s.session.State()
		s.session.Apply(event, mark)
		s.log = append(s.log, entry{event, mark, before, s.session.State()})
	}
}

// step returns a step's track; the zero value if it is not listed.
func (s *story) step(id kyc.StepID) kyc.Track {
	for _, t := range s.session.State().Steps {
		if t.StepID == id {
			return t
		}
	}
	return kyc.Track{}
}

// status returns where a step stands, or the session itself for an empty id.
func (s *story) status(id kyc.StepID) kyc.Status {
	if id == "" {
		return s.session.State().Track.Status
	}
	return s.step(id).Status
}

// open returns the positions of the open flags, oldest first.
func (s *story) open() []int64 { return positions(s.session.State().Flags) }

// newestFlag returns the position of the flag that was raised last; 0 if none
// is open.
func (s *story) newestFlag() int64 {
	if open := s.open(); len(open) > 0 {
		return open[len(open)-1]
	}
	return 0
}

func positions(flags []kyc.Flag) []int64 {
	var found []int64
	for _, f := range flags {
		found = append(found, f.Position)
	}
	return found
}

// on returns a report that keeps the provider's contract.
func on(step kyc.StepID, trigger kyc.Trigger) kyc.Report {
	r := kyc.Report{StepID: step, Trigger: trigger, Attempt: 1}
	if step != "" {
		r.Service = document
	}
	if trigger == kyc.ReportResubmissionRequired || trigger == kyc.ReportRejected {
		r.Reason = blurred
	}
	return r
}

// company returns a report in the form that a provider uses for companies.
func company(trigger kyc.Trigger) kyc.Report {
	r := on("", trigger)
	r.CompanyForm = true
	return r
}

// unknown returns a report with a status that we do not know.
func unknown(step kyc.StepID) kyc.Report {
	r := on(step, kyc.Trigger{})
	r.Status = "EXPIRED"
	return r
}

func withService(service kyc.Service, r kyc.Report) kyc.Report {
	r.Service = service
	return r
}

func withReason(reason string, r kyc.Report) kyc.Report {
	r.Reason = reason
	return r
}

func withAttempt(attempt int, r kyc.Report) kyc.Report {
	r.Attempt = attempt
	return r
}

func accept(flag int64) kyc.Ruling {
	return kyc.Ruling{Flag: flag, Accept: true, By: reviewer, Note: note}
}

func dismiss(flag int64) kyc.Ruling {
	return kyc.Ruling{Flag: flag, By: reviewer, Note: note}
}

// same fails the test if two values differ. The closed enumerations hide their
// names in unexported fields, so the comparison must look into those. It is
// slow at that, and properties compare very often: what is plainly equal needs
// no diff.
func same(t rapid.TB, what string, got, want any) {
	t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	if diff := cmp.Diff(want, got, all); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
