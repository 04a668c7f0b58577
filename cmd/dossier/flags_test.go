package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func withID(id string, f fields) fields {
	f["session_id"] = id
	return f
}

func types(events []event) (all []string) {
	for _, e := range events {
		all = append(all, e.Type)
	}
	return all
}

func TestALateArrivalHeals(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL, "DOSSIER_HEAL_WINDOW=0s").client // only the attempt count proves it late
		early := withID(person, of("1", "LIVENESS", "APPROVED", ""))
		late := withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))
		flagged := c.send(hook{id: "evt_2", attempt: 1, fields: early}, "flagged")
		equal(t, "status while it is held", c.session(person, flagged.last).Status, "SUBMISSION_REQUIRED")
		healed := c.send(hook{id: "evt_1", attempt: 3, fields: late}, "applied")

		equal(t, "position of the outcome's own event", healed.Position, 2)
		equal(t, "last position, with what it brought along", healed.last, 4)
		equal(t, "status", c.session(person, healed.last).Status, "STEPS_APPROVED")
		checkRaised(t, c.flags(healed.last, "state=healed"), flag{
			Position: 1, StepID: "1", Violation: "premature", Severity: "medium",
			From: "SUBMISSION_REQUIRED", Attempted: "APPROVED", State: "healed", ResolvedBy: "dossier",
		})
		events := auditLog(t, c)
		want := []string{"kyc.transition_flagged.v1", "kyc.status_changed.v1", "kyc.status_changed.v1", "kyc.flag_resolved.v1"}
		if diff := cmp.Diff(want, types(events)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		equal(t, "cause", events[2].Data["cause"], any("healed"))
		equal(t, "what brought the healing along", events[2].Metadata["causation_id"], any(events[1].EventID))
		auditSessions(t, c, events)
	})
}

// rejectedThenApproved leaves one open flag at position 3.
func rejectedThenApproved(c *client) {
	c.send(hook{fields: withID(person, of("1", "ID_DOCUMENT", "PENDING_VERIFICATION", ""))}, "applied")
	c.send(hook{fields: withID(person, of("1", "ID_DOCUMENT", "REJECTED", "forged"))}, "applied")
	c.send(hook{fields: withID(person, of("1", "ID_DOCUMENT", "APPROVED", ""))}, "flagged")
}

func TestAReviewerOverridesTheMachineOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		rejectedThenApproved(c)
		equal(t, "status while it is held", c.session(person, 3).Status, "REJECTED")

		reviewer := c.as(reviewerToken)
		ruled := reviewer.resolve(3, "accept", "Checked with the provider.")
		equal(t, "status of the ruling", ruled.status, http.StatusOK)
		now := reviewer.session(person, ruled.position())
		equal(t, "overall status", now.Status, "STEPS_APPROVED")
		equal(t, "open flags", now.OpenFlags, 0)
		checkProblem(t, "a second ruling", reviewer.resolve(3, "dismiss", "No, after all."), http.StatusConflict, "flag-not-open")

		flags := c.flags(ruled.position(), "state=accepted")
		if len(flags) != 1 || flags[0].ResolvedBy == "" || flags[0].Note != "Checked with the provider." {
			t.Errorf("the flag does not tell who decided, and why: %+v", flags)
		}
		events := auditLog(t, c)
		if diff := cmp.Diff([]string{"kyc.status_changed.v1", "kyc.flag_resolved.v1"}, types(events[3:])); diff != "" {
			t.Errorf("events of the ruling (-want +got):\n%s", diff)
		}
		equal(t, "cause", events[3].Data["cause"], any("override"))
		equal(t, "actor", events[3].Metadata["actor"], any(flags[0].ResolvedBy))
		auditSessions(t, c, events)
	})
}

func TestADismissedFlagLeavesTheStatus(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	rejectedThenApproved(c)
	ruled := c.resolve(3, "dismiss", "The provider was mistaken.")
	equal(t, "status", c.session(person, ruled.position()).Status, "REJECTED")
	equal(t, "flags that are open", len(c.flags(ruled.position(), "")), 0)
	equal(t, "head", c.head(), 4)
}

func TestRulingsThatAreRefusedLeaveNoTrace(t *testing.T) {
	t.Parallel()
	c := serve(t, sqliteURL(t)).client
	rejectedThenApproved(c)
	checkProblem(t, "a reader's ruling", c.as(readerToken).resolve(3, "accept", "x"), http.StatusForbidden, "forbidden")
	checkProblem(t, "an auditor's ruling", c.as(auditorToken).resolve(3, "accept", "x"), http.StatusForbidden, "forbidden")
	checkProblem(t, "a stranger's ruling", c.as("nobody").resolve(3, "accept", "x"), http.StatusUnauthorized, "unauthorized")
	checkProblem(t, "a ruling without a note", c.resolve(3, "accept", " "), http.StatusUnprocessableEntity, "note-required")
	checkProblem(t, "a ruling of an event that is no flag", c.resolve(1, "accept", "x"), http.StatusNotFound, "flag-not-found")
	checkProblem(t, "a ruling beyond the head", c.resolve(99, "accept", "x"), http.StatusNotFound, "flag-not-found")
	checkProblem(t, "another decision", c.resolve(3, "healed", "x"), http.StatusUnprocessableEntity, "invalid-request")
	equal(t, "head", c.head(), 3)
	equal(t, "open flags", len(c.flags(3, "")), 1)
}
