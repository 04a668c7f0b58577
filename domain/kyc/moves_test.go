package kyc_test

import (
	"testing"

	"dossier/domain/kyc"
)

// The moves are the cells of the design that the machine does not forbid: those
// that are applied, and those that end where the track is, which are repeated.
func TestMovesAreThoseOfTheDesign(t *testing.T) {
	moves := map[triple]kyc.Status{}
	for _, m := range kyc.NewMachine().Moves() {
		moves[triple{m.Flow, m.From, m.Trigger}] = m.To
	}
	for _, r := range rows() {
		to, listed := moves[r.triple]
		switch r.want.outcome {
		case kyc.Applied:
			same(t, r.trigger.String(), to, r.want.to)
		case kyc.Flagged:
			if listed {
				t.Errorf("%s from %s is flagged, and leads to %s", r.trigger, r.from, to)
			}
		default:
			if listed && to != r.from {
				t.Errorf("%s from %s is repeated, and leads to %s", r.trigger, r.from, to)
			}
		}
	}
}

// Asked on a step of each service: which table it follows shows in what a
// result without a submission becomes.
func TestAutomaticServicesNeedNoSubmission(t *testing.T) {
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: usual()}
	for _, service := range kyc.AutomaticServices() {
		report := on("step", kyc.ReportApproved)
		report.Service = service
		same(t, string(service), decider.Receive(kyc.NewSession(), report, dawn()).Outcome, kyc.Applied)
	}
	report := on("step", kyc.ReportApproved)
	report.Service = liveness
	same(t, string(liveness), decider.Receive(kyc.NewSession(), report, dawn()).Outcome, kyc.Flagged)
}
