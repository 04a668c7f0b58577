package fakesynaps

import (
	"dossier/domain/kyc"
)

// Session is what the provider has of a session now.
type Session struct {
	Number int // its place among the sessions, from 0: not the id, which is a credential
	App    kyc.App
	ID     kyc.SessionID
	Kind   kyc.Kind
	Status kyc.Status
	Steps  []Step // of a person's session; webhooks tell of no steps of a company
}

// Step is what the provider has of a step now.
type Step struct {
	ID      kyc.StepID
	Service kyc.Service
	Status  kyc.Status
}

// Change is one move of a session, or of one of its steps, of which a webhook
// was to tell.
type Change struct {
	Session kyc.SessionID
	Step    kyc.StepID  // empty: the session itself
	Trigger kyc.Trigger // a reset of the session resets its steps too
}

// Concerns says whether a change moved a track of its session: its own, or any
// if it reset the session.
func (c Change) Concerns(step kyc.StepID) bool {
	return c.Step == step || c.resetsAll()
}

func (c Change) resetsAll() bool { return c.Step == "" && c.Trigger == kyc.ReportReset }

// overlaps says that the order of two changes of one session matters to a track.
func (c Change) overlaps(other Change) bool { return c.Concerns(other.Step) || other.Concerns(c.Step) }
