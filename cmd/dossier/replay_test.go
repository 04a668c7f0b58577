package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// eventfulLife makes a session to which everything happens that can: a late
// arrival that heals, a newer held status that supersedes, a repetition, an
// unknown status, breaches of the provider's contract, other bytes under a known
// id, rulings of both kinds, and resets of a step and of the whole.
func eventfulLife(c *client) (last int64) {
	n := 0
	send := func(f fields, outcome string, attempt int) accepted {
		n++
		return c.send(hook{id: fmt.Sprint("evt_", n), attempt: attempt, fields: withID(person, f)}, outcome)
	}
	rule := func(position int64, decision, note string) {
		c.tb.Helper()
		equal(c.tb, "status of a ruling", c.as(reviewerToken).resolve(position, decision, note).status, http.StatusOK)
	}
	send(of("1", "LIVENESS", "REJECTED", "no face"), "flagged", 1)
	send(of("1", "LIVENESS", "APPROVED", ""), "flagged", 1)
	send(of("1", "LIVENESS", "PENDING_VERIFICATION", ""), "applied", 3) // heals the second, supersedes the first
	send(of("1", "LIVENESS", "APPROVED", ""), "repeated", 1)
	send(of("1", "LIVENESS", "UNDER_REVIEW", "a colleague \u001b[31mlooks\u001b[0m"), "discarded", 1)
	send(of("2", "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", 1)
	send(of("2", "ID_DOCUMENT", "RESUBMISSION_REQUIRED", ""), "applied", 1) // without a reason
	send(of("2", "PASSPORT", "PENDING_VERIFICATION", ""), "applied", 1)     // under another service
	send(of("2", "ID_DOCUMENT", "REJECTED", "The document was altered: "+strings.Repeat("one more thing ", 12)), "applied", 1)
	override := send(of("2", "ID_DOCUMENT", "APPROVED", ""), "flagged", 1)
	rule(override.Position, "accept", "Checked with the provider\nby phone.")
	regression := send(of("1", "LIVENESS", "PENDING_VERIFICATION", ""), "flagged", 1)
	rule(regression.Position, "dismiss", "A late echo.")
	send(of("1", "LIVENESS", "RESET", ""), "applied", 1)
	n-- // the same id with other bytes
	send(of("1", "LIVENESS", "APPROVED", "x"), "flagged", 1)
	n++
	send(whole("RESET", "on request"), "applied", 1)
	return send(of("2", "ID_DOCUMENT", "PENDING_VERIFICATION", ""), "applied", 1).last
}

// toldStory is what `replay --json` prints of a session.
type toldStory struct {
	Session json.RawMessage
	Flags   []flag
	Events  []struct {
		Event         event
		Before, After stood
	}
	Position int64
}

type stood struct {
	Status, Kind string
	Cycle        int
	OpenFlags    int `json:"open_flags"`
	Track        stoodTrack
}

type stoodTrack struct {
	StepID          string `json:"step_id"`
	Service, Status string
}

func replayed(t *testing.T, databaseURL string, args ...string) toldStory {
	t.Helper()
	return decoded[toldStory](t, []byte(must(t, databaseURL, append([]string{"replay", "--json", "--session=" + person}, args...)...)))
}

// sameSession says that the command's final state is the API's answer, byte by
// byte but for the end of the line.
func sameSession(t *testing.T, what string, story toldStory, a answer) {
	t.Helper()
	equal(t, "status of "+what, a.status, http.StatusOK)
	if diff := cmp.Diff(strings.TrimSpace(string(a.body)), string(story.Session)); diff != "" {
		t.Errorf("%s (-API +replay):\n%s", what, diff)
	}
}

func TestReplayAndTheAPIAnswerAlike(t *testing.T) {
	eachDatabase(t, func(t *testing.T, databaseURL string) {
		c := serve(t, databaseURL).client
		last := eventfulLife(c)
		c.session(person, last)
		now := replayed(t, databaseURL)
		sameSession(t, "the session now", now, c.get(sessionPath("default", person, seen(last))))
		equal(t, "events", int64(len(now.Events)), last)
		flags := c.flags(last, "state=all")
		slices.Reverse(flags) // the API lists the newest first
		if diff := cmp.Diff(flags, now.Flags); diff != "" {
			t.Errorf("flags (-API +replay):\n%s", diff)
		}
		var events []event
		for _, e := range replayed(t, databaseURL, "--payload").Events {
			events = append(events, e.Event)
		}
		if diff := cmp.Diff(c.timeline(person), events); diff != "" {
			t.Errorf("events (-API +replay):\n%s", diff)
		}
		for i, e := range now.Events {
			version := text(e.Event.Version)
			until := replayed(t, databaseURL, "--version="+version)
			a := c.get(sessionPath("default", person, "version="+version))
			sameSession(t, "version "+version, until, a)
			equal(t, "events until version "+version, len(until.Events), i+1)
			checkScene(t, decoded[session](t, a.body), until)
			checkTimes(t, c, databaseURL, e.Event.RecordedAt)
		}
	})
}

// checkScene says that the last event of a story leaves its session as the
// story's end has it, and that each begins where the one before ended.
func checkScene(t *testing.T, now session, story toldStory) {
	t.Helper()
	for i, e := range story.Events[1:] {
		before, after := e.Before, story.Events[i].After
		before.Track, after.Track = stoodTrack{}, stoodTrack{} // each event is about its own
		if diff := cmp.Diff(after, before); diff != "" {
			t.Errorf("version %d does not begin where the one before it ended:\n%s", e.Event.Version, diff)
		}
	}
	last := story.Events[len(story.Events)-1].After
	equal(t, "status", last.Status, now.Status)
	equal(t, "kind", last.Kind, now.Kind)
	equal(t, "cycle", last.Cycle, now.Cycle)
	equal(t, "open flags", last.OpenFlags, now.OpenFlags)
	for _, s := range now.Steps {
		if s.StepID == last.Track.StepID {
			equal(t, "status of the step", last.Track.Status, s.Status)
		}
	}
}

// checkTimes compares at a time of an event, and between it and the others.
func checkTimes(t *testing.T, c *client, databaseURL, recorded string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, recorded)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{at, at.Add(500 * time.Nanosecond), at.Add(-500 * time.Nanosecond)} {
		stamp := at.Format(time.RFC3339Nano)
		a := c.get(sessionPath("default", person, "as_of="+stamp))
		if a.status == http.StatusNotFound { // before the first event
			o := carryOut(t, databaseURL, "replay", "--session="+person, "--at="+stamp)
			equal(t, "exit code before the first event", o.code, exitFailure)
			continue
		}
		sameSession(t, "at "+stamp, replayed(t, databaseURL, "--at="+stamp), a)
	}
}

func TestAReplayShowsPayloadsOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	eventfulLife(serve(t, databaseURL).client)
	without, with := replayed(t, databaseURL), replayed(t, databaseURL, "--payload")
	for i, e := range with.Events {
		bare := without.Events[i].Event.Metadata
		if bare["payload"] != nil {
			t.Errorf("version %d shows its payload", e.Event.Version)
		}
		payload := e.Event.Metadata["payload"]
		delete(e.Event.Metadata, "payload")
		if diff := cmp.Diff(e.Event.Metadata, bare); diff != "" || payload == nil && bare["payload_sha256"] != nil {
			t.Errorf("version %d:\n%s", e.Event.Version, diff)
		}
	}
	body := `"status":"UNDER_REVIEW"`
	if out := must(t, databaseURL, "replay", "--session="+person); strings.Contains(out, body) {
		t.Error("the text shows a payload")
	}
	if out := must(t, databaseURL, "replay", "--session="+person, "--payload"); !strings.Contains(out, body) {
		t.Error("the text does not show the payloads")
	}
}

// The kind and the overall status depend on the rules, as those of the server.
func TestAReplayFollowsTheRules(t *testing.T) {
	t.Parallel()
	databaseURL := sqliteURL(t)
	rules := []string{"DOSSIER_APP_KINDS=default=corporate", "DOSSIER_REQUIRED_SERVICES=default=LIVENESS"}
	c := serve(t, databaseURL, rules...).client
	c.send(hook{fields: withID(person, of("1", "LIVENESS", "PENDING_VERIFICATION", ""))}, "applied")
	last := c.send(hook{fields: withID(person, of("1", "LIVENESS", "APPROVED", ""))}, "applied").last
	o := commandIn(bounded(t), environment(databaseURL, rules...).Variables, "replay", "--json", "--session="+person)
	sameSession(t, "under rules", decoded[toldStory](t, []byte(o.out)), c.get(sessionPath("default", person, seen(last))))
	equal(t, "status without rules", replayed(t, databaseURL).Events[last-1].After.Status, "STEPS_APPROVED")
}
