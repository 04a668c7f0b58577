package kyc_test

import (
	"fmt"
	"time"

	"dossier/domain/kyc"
)

// A session's life: what the provider reports is decided, the events are
// applied, and the status of the whole session is derived.
func Example() {
	rules := kyc.Rules{
		HealWindow: kyc.DefaultHealWindow,
		Required:   []kyc.Service{"ID_DOCUMENT", "LIVENESS"},
	}
	decider := kyc.Decider{Machine: kyc.NewMachine(), Rules: rules}
	session := kyc.NewSession()
	now := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)

	var position int64
	receive := func(step kyc.StepID, service kyc.Service, trigger kyc.Trigger) {
		report := kyc.Report{StepID: step, Service: service, Trigger: trigger}
		decision := decider.Receive(session, report, now)
		for _, event := range decision.Events {
			position++
			session.Apply(event, kyc.Mark{Position: position, Version: session.Version() + 1, At: now})
		}
		fmt.Printf("%s %s: %s, the session is %s\n", service, trigger, decision.Outcome, session.Overall(rules))
	}

	receive("1", "ID_DOCUMENT", kyc.ReportPendingVerification)
	receive("1", "ID_DOCUMENT", kyc.ReportApproved)
	receive("1", "ID_DOCUMENT", kyc.ReportApproved)
	receive("2", "LIVENESS", kyc.ReportApproved) // overtook its submission
	fmt.Println("open flags:", len(session.State().Flags))
	receive("2", "LIVENESS", kyc.ReportPendingVerification) // which heals it
	fmt.Println("open flags:", len(session.State().Flags))

	// Output:
	// ID_DOCUMENT PENDING_VERIFICATION: applied, the session is PENDING_VERIFICATION
	// ID_DOCUMENT APPROVED: applied, the session is STEPS_APPROVED
	// ID_DOCUMENT APPROVED: repeated, the session is STEPS_APPROVED
	// LIVENESS APPROVED: flagged, the session is SUBMISSION_REQUIRED
	// open flags: 1
	// LIVENESS PENDING_VERIFICATION: applied, the session is APPROVED
	// open flags: 0
}
