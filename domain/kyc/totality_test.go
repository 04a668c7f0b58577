package kyc_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"dossier/domain/kyc"
)

// Apply must fold whatever an older or a newer version recorded, in any order:
// a history that cannot be read cannot be audited either.
func TestApplyIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := begin(usual())
		for i, event := range rapid.SliceOfN(anyEvents(), 1, 40).Draw(t, "events") {
			mark := kyc.Mark{
				Position: rapid.Int64().Draw(t, "position"),
				Version:  rapid.Int64().Draw(t, "version"),
				At:       dawn().Add(time.Duration(i)),
			}
			s.session.Apply(event, mark)

			state := s.session.State()
			same(t, "mark", kyc.Mark{Position: state.Position, Version: state.Version, At: state.UpdatedAt}, mark)
			same(t, "restored", kyc.RestoreSession(state).State(), state)
		}
		// Whatever came of it can be asked, and goes on.
		s.session.Overall(kyc.Rules{Required: []kyc.Service{document}})
		s.session.Kind(usual())
		for _, a := range rapid.SliceOfN(acts(), 1, 5).Draw(t, "acts") {
			s.turn(a)
		}
	})
}

// anyEvents draws events with any value in any field, the zero value among
// them, and the nil event.
func anyEvents() *rapid.Generator[kyc.Event] {
	return rapid.Custom(func(t *rapid.T) kyc.Event {
		step := pick(t, []kyc.StepID{"", "a", "b"})
		service := pick(t, []kyc.Service{"", document, kyc.ServiceAML})
		trigger := pick(t, append(kyc.Triggers(), kyc.Trigger{}))
		status := pick(t, append(kyc.Statuses(), kyc.Status{}))
		violation := pick(t, append(kyc.Violations(), kyc.Violation{}))
		cause := pick(t, append(kyc.Causes(), kyc.Cause{}))
		number := rapid.Int64().Draw(t, "number")
		company := rapid.Bool().Draw(t, "company")
		return pick(t, []kyc.Event{
			nil,
			kyc.StatusChanged{StepID: step, Service: service, Trigger: trigger, To: status, Cause: cause, Flag: number, CompanyForm: company},
			kyc.SessionReset{Cycle: int(number), Service: service, Cause: cause, Flag: number},
			kyc.StatusRepeated{StepID: step, Service: service, Trigger: trigger, Status: status, CompanyForm: company},
			kyc.TransitionFlagged{StepID: step, Service: service, Violation: violation, From: status, Attempted: trigger, CompanyForm: company},
			kyc.WebhookDiscarded{StepID: step, Service: service, Status: "EXPIRED"},
			kyc.ContractViolated{StepID: step, Service: service, Violation: violation},
			kyc.FlagResolved{StepID: step, Flag: number, Resolution: kyc.ResolvedHealed},
			kyc.SnapshotObserved{Unknown: company, Status: "EXPIRED"},
			kyc.SnapshotObserved{Company: company, Steps: []kyc.ObservedStep{{StepID: step, Service: service}, {StepID: step}}},
			kyc.DetailsAccessed{StepID: step, By: reviewer, Purpose: note},
		})
	})
}

func pick[E any](t *rapid.T, from []E) E { return rapid.SampledFrom(from).Draw(t, "one") }
