package main

import "testing"

// A company's bodies have neither service nor step_id.
func TestACompanyIsVerified(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		current := live(t, c, "company-4", []move{
			{fields{"status": "PENDING_VERIFICATION", "reason": ""}, "applied", "PENDING_VERIFICATION"},
			{fields{"status": "RESUBMISSION_REQUIRED", "reason": "no register extract"}, "applied", "RESUBMISSION_REQUIRED"},
			{fields{"status": "PENDING_VERIFICATION", "reason": ""}, "applied", "PENDING_VERIFICATION"},
			{fields{"status": "APPROVED", "reason": ""}, "applied", "APPROVED"},
			{fields{"status": "RESET"}, "applied", "SUBMISSION_REQUIRED"},
		})
		former := live(t, c, "company-3", []move{
			{fields{"state": "SUBMITTED"}, "applied", "PENDING_VERIFICATION"},
			{fields{"state": "VALIDATED"}, "applied", "APPROVED"},
			{fields{"state": "FINAL_REJECTED", "reason": "on a sanctions list"}, "applied", "REJECTED"},
			{fields{"state": "VALIDATED"}, "flagged", "REJECTED"},
		})
		for id, history := range map[string]map[int64]session{"company-4": current, "company-3": former} {
			checkHistory(t, c, id, history)
			for _, s := range history {
				if s.Kind != "corporate" || len(s.Steps) != 0 {
					t.Errorf("%s: kind %s with %d steps", id, s.Kind, len(s.Steps))
				}
			}
		}
		equal(t, "cycle after the reset", current[5].Cycle, 2)
		auditSessions(t, c, auditLog(t, c))
	})
}
