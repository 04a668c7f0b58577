package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The provider's own example of a session id: not a UUID.
const person = "2ac3f7ab-3729-f968-3f55-aa47e881"

// move is one webhook of a life, and the session's overall status after it.
type move struct {
	fields
	outcome string
	status  string
}

// live sends a life to the default app, reads its own writes after each move,
// and returns the session as it stood after each of its versions.
func live(t *testing.T, c *client, id string, moves []move) (history map[int64]session) {
	t.Helper()
	history = map[int64]session{}
	for i, m := range moves {
		m.fields["session_id"] = id
		receipt := c.send(hook{id: fmt.Sprintf("evt_%s_%d", id, i), fields: m.fields}, m.outcome)
		now := c.session(id, receipt.last)
		if now.Status != m.status || now.Position != receipt.last {
			t.Errorf("after %v: status %s at %d, want %s at %d", m.fields, now.Status, now.Position, m.status, receipt.last)
		}
		history[now.Version] = now
	}
	return history
}

// checkHistory replays each version, and the time of the last.
func checkHistory(t *testing.T, c *client, id string, history map[int64]session) {
	t.Helper()
	for version, then := range history {
		replayed := read[session](c, sessionPath("default", id, "version="+text(version)))
		if diff := cmp.Diff(then, replayed); diff != "" {
			t.Errorf("version %d as the read model had it, and replayed:\n%s", version, diff)
		}
		// Versions of one transaction have one time: as_of shows the last of them.
		asOf := read[session](c, sessionPath("default", id, "as_of="+then.UpdatedAt))
		if asOf.Version < version || asOf.UpdatedAt != then.UpdatedAt {
			t.Errorf("as of %s: version %d, want %d", then.UpdatedAt, asOf.Version, version)
		}
	}
}

func text(n int64) string { return fmt.Sprint(n) }

func of(stepID any, service, status, reason string) fields {
	return fields{"step_id": stepID, "service": service, "status": status, "reason": reason}
}

// whole is a status of the session itself: the keys are there, and empty.
func whole(status, reason string) fields { return of("", "", status, reason) }

func personsLife() []move {
	return []move{
		{of("1253242", "LIVENESS", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"},
		{of("1253242", "LIVENESS", "APPROVED", ""), "applied", "STEPS_APPROVED"},
		{of(1253243, "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"},
		{of(1253243, "ID_DOCUMENT", "RESUBMISSION_REQUIRED", "blurred"), "applied", "RESUBMISSION_REQUIRED"},
		{of(1253243, "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"},
		{of(1253243, "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", "PENDING_VERIFICATION"}, // another document
		{of(1253243, "ID_DOCUMENT", "APPROVED", ""), "applied", "STEPS_APPROVED"},
		{of(1253243, "ID_DOCUMENT", "APPROVED", ""), "repeated", "STEPS_APPROVED"},
		{of("1253242", "LIVENESS", "UNDER_REVIEW", ""), "discarded", "STEPS_APPROVED"},
		{whole("APPROVED", ""), "applied", "APPROVED"},
		{of("1253242", "LIVENESS", "PENDING_VERIFICATION", ""), "flagged", "APPROVED"},
	}
}

func TestAPersonIsVerified(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		history := live(t, c, person, personsLife())
		checkHistory(t, c, person, history)

		now := history[11]
		want := session{
			App: "default", SessionID: person, Kind: "individual", Status: "APPROVED", Cycle: 1, Version: 11, Position: 11,
			OpenFlags: 2, SessionStatus: "APPROVED", OpenedAt: now.OpenedAt, UpdatedAt: now.UpdatedAt,
			Steps: []step{
				{StepID: "1253242", Service: "LIVENESS", Status: "APPROVED", Submissions: 1},
				{StepID: "1253243", Service: "ID_DOCUMENT", Status: "APPROVED", Submissions: 3},
			},
		}
		if diff := cmp.Diff(want, now); diff != "" {
			t.Errorf("the session (-want +got):\n%s", diff)
		}
		checkRaised(t, c.flags(11, ""), flag{
			Position: 11, StepID: "1253242", Violation: "regression", Severity: "high",
			From: "APPROVED", Attempted: "PENDING_VERIFICATION", State: "open",
		}, flag{
			Position: 9, StepID: "1253242", Violation: "unknown_status", Severity: "medium", Attempted: "UNDER_REVIEW", State: "open",
		})
		events := auditLog(t, c)
		auditSessions(t, c, events)
		checkTimeline(t, c, person)
	})
}

// checkRaised says that the flags of the default app's person are those.
func checkRaised(t *testing.T, got []flag, want ...flag) {
	t.Helper()
	for i := range want {
		want[i].App, want[i].SessionID = "default", person
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}

// checkTimeline says that a session's timeline is its part of the log.
func checkTimeline(t *testing.T, c *client, id string) {
	t.Helper()
	var part []event
	for _, e := range c.log() {
		if e.SessionID == id {
			part = append(part, e)
		}
	}
	if diff := cmp.Diff(part, c.timeline(id)); diff != "" {
		t.Errorf("the timeline is not its part of the log:\n%s", diff)
	}
}

func older(stepID any, service, state, reason string) fields {
	return fields{"step_id": stepID, "service": service, "state": state, "reason": reason}
}

// The same words mean other things in the older vocabulary.
func TestAPersonIsRejectedAndResetInTheOlderVocabulary(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		history := live(t, c, person, []move{
			{older("7", "IDENTITY", "SUBMITTED", ""), "applied", "PENDING_VERIFICATION"},
			{older("7", "IDENTITY", "REJECTED", "expired"), "applied", "RESUBMISSION_REQUIRED"},
			{older("7", "IDENTITY", "SUBMITTED", ""), "applied", "PENDING_VERIFICATION"},
			{older("7", "IDENTITY", "FINAL_REJECTED", "forged"), "applied", "REJECTED"},
			{older("7", "IDENTITY", "RESET", ""), "applied", "SUBMISSION_REQUIRED"},
			{older("7", "IDENTITY", "SUBMITTED", ""), "applied", "PENDING_VERIFICATION"},
			{older("7", "IDENTITY", "VALIDATED", ""), "applied", "STEPS_APPROVED"},
			{older("", "", "RESET", ""), "applied", "SUBMISSION_REQUIRED"},
			{older("7", "IDENTITY", "SUBMITTED", ""), "applied", "PENDING_VERIFICATION"},
		})
		checkHistory(t, c, person, history)
		equal(t, "cycle after a reset of the session", history[9].Cycle, 2)
		equal(t, "cycle after a reset of a step", history[5].Cycle, 1)
		equal(t, "submissions since the last reset", history[9].Steps[0].Submissions, 1)
		auditSessions(t, c, auditLog(t, c))
	})
}
