package fakesynaps

import (
	"slices"

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
