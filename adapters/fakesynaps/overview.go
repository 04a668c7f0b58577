package fakesynaps

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"dossier/domain/kyc"
)

// How often the API has what it need not have.
const (
	numericIDs = 0.5 // ids are JSON numbers
	idless     = 0.4 // a company's steps have no ids
	extra      = 0.5 // fields that no document names
)

// corporateServices are the steps of a company.
func corporateServices() []kyc.Service {
	return []kyc.Service{"COMPANY_DETAILS", "DOCUMENTS", "BENEFICIAL_OWNERS", "LEGAL_REPRESENTATIVE", "AML"}
}

// form is in which form the API shows a session: always in the same one.
type form struct {
	rng            *rand.Rand
	numeric, steps bool // ids are numbers; a company's steps have ids
	extra          bool
	concerned      int // the step of a company to which a refusal applies
}

func (r *record) form(seed uint64) form {
	rng := rand.New(rand.NewPCG(seed+1, uint64(r.life.Number)))
	return form{
		rng:     rng,
		numeric: rng.Float64() < numericIDs, steps: rng.Float64() >= idless, extra: rng.Float64() < extra,
		concerned: rng.IntN(len(corporateServices())),
	}
}

// id shows an id, which is digits, in either way.
func (f form) id(digits string) any {
	if f.numeric {
		return json.Number(digits)
	}
	return digits
}

// overview shows a session and its steps.
func (r *record) overview(seed uint64, _ string) any {
	f := r.form(seed)
	session := object{
		"id": string(r.life.Session), "alias": "", "status": r.status.String(), "sandbox": true,
		"steps": r.overviewOfSteps(f),
	}
	shown := object{"app": object{"id": f.id("90210"), "name": "An invented app"}, "session": session}
	if f.extra {
		session["level"] = object{"name": "full", "rank": 2}
		shown["links"] = []string{}
		shown["version"] = "4.2"
	}
	return shown
}

func (r *record) overviewOfSteps(f form) []object {
	all := []object{}
	for _, step := range r.apiSteps(f) {
		shown := object{"status": step.Status.String(), "type": string(step.Service)}
		if step.ID != "" {
			shown["id"] = f.id(string(step.ID))
		}
		if f.extra {
			shown["optional"] = false
		}
		all = append(all, shown)
	}
	return all
}

// apiSteps are the steps that the API lists: those of a company too, of which
// webhooks don't tell. They stand where their session does, but for a refusal,
// which is that of one of them.
func (r *record) apiSteps(f form) []Step {
	if !r.life.Corporate {
		return r.truth().Steps
	}
	var all []Step
	for i, service := range corporateServices() {
		step := Step{Service: service, Status: r.status}
		if refusal := r.status == kyc.ResubmissionRequired || r.status == kyc.Rejected; refusal && i != f.concerned {
			step.Status = kyc.Approved
		}
		if f.steps {
			step.ID = kyc.StepID(fmt.Sprintf("77%d0", i))
		}
		all = append(all, step)
	}
	return all
}
