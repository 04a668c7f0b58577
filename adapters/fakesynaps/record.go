package fakesynaps

import (
	"slices"
	"time"

	"dossier/adapters/simulator"
	"dossier/domain/kyc"
)

// record is what the provider keeps of one session.
type record struct {
	life   simulator.Life
	app    kyc.App
	status kyc.Status
	steps  []kyc.Status // by the place of the step in its life
	reason map[kyc.StepID]string
	lag    time.Duration // of the API
	moved  []moment      // oldest first
}

// moment is when a change of a life was made.
type moment struct {
	move simulator.Move
	at   time.Time
}

func newRecord(app kyc.App, life simulator.Life) *record {
	r := &record{life: life, app: app}
	r.reset()
	return r
}

func (r *record) reset() {
	r.status, r.steps, r.reason = kyc.SubmissionRequired, make([]kyc.Status, len(r.life.Steps)), map[kyc.StepID]string{}
	for i := range r.steps {
		r.steps[i] = kyc.SubmissionRequired
	}
}

// happen makes a change, at a time.
func (r *record) happen(m simulator.Move, at time.Time) {
	r.moved = append(r.moved, moment{m, at})
	r.move(m)
}

// past returns the record as it was some time ago; nil if the session had not
// begun.
func (r *record) past(now time.Time, lag time.Duration) *record {
	if lag == 0 {
		return r
	}
	at := now.Add(-lag)
	if len(r.moved) == 0 || r.moved[0].at.After(at) {
		return nil
	}
	then := newRecord(r.app, r.life)
	for _, m := range r.moved {
		if m.at.After(at) {
			break
		}
		then.move(m.move)
	}
	return then
}

// move makes a change. A reset is none that the API would show: what it shows
// is that everything begins again.
func (r *record) move(m simulator.Move) {
	to, isStatus := kyc.ParseStatus(m.Trigger.String())
	switch {
	case m.Step == "" && !isStatus:
		r.reset()
		return
	case !isStatus:
		to = kyc.SubmissionRequired
	}
	r.reason[m.Step] = m.Reason
	if m.Step == "" {
		r.status = to
		return
	}
	r.steps[r.place(m.Step)] = to
}

// place returns where a step is; -1 if there is none of that id.
func (r *record) place(id kyc.StepID) int {
	return slices.IndexFunc(r.life.Steps, func(s simulator.Step) bool { return s.ID == id })
}

func (r *record) truth() Session {
	s := Session{Number: r.life.Number, App: r.app, ID: r.life.Session, Kind: kyc.KindIndividual, Status: r.status}
	if r.life.Corporate {
		s.Kind = kyc.KindCorporate
	}
	for i, step := range r.life.Steps {
		s.Steps = append(s.Steps, Step{ID: step.ID, Service: step.Service, Status: r.steps[i]})
	}
	return s
}
