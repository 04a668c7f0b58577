package kyc_test

import (
	"testing"
	"time"

	"dossier/domain/kyc"
)

const lag = 2 * time.Minute

// lagging is a story whose provider's API may lag.
type lagging struct {
	*story
	told kyc.Told
}

// hear lets reports come, and notes what they told.
func (l *lagging) hear(reports ...kyc.Report) {
	for _, r := range reports {
		l.note(l.decider.Receive(l.session, r, l.now).Events)
	}
}

func (l *lagging) note(events []kyc.Event) {
	for _, e := range events {
		before := l.session.Clone()
		l.record([]kyc.Event{e})
		state := l.session.State()
		l.told.Note(before, e, kyc.Mark{Position: state.Position, Version: state.Version, At: l.now})
	}
}

// ask asks the provider now, and records what follows.
func (l *lagging) ask(snapshot kyc.Snapshot) []kyc.Event {
	events := l.decider.Settle(l.session, l.told, snapshot, kyc.Question{At: l.now, Settling: lag})
	l.note(events)
	return events
}

// deferred fails unless a snapshot changed nothing, and returns when the provider
// is to be asked again.
func (l *lagging) deferred(t *testing.T, snapshot kyc.Snapshot) time.Time {
	t.Helper()
	before := l.session.State()
	events := l.ask(snapshot)
	if len(events) != 1 {
		t.Fatalf("%+v was applied: %+v", snapshot, events)
	}
	observed := events[0].(kyc.SnapshotObserved)
	if observed.Applied() || observed.AskedAt != l.now || !observed.AskAgain.After(l.now) {
		t.Fatalf("observed as %+v", observed)
	}
	after := l.session.State()
	after.Version, after.Position, after.UpdatedAt = before.Version, before.Position, before.UpdatedAt
	same(t, "session", after, before)
	return observed.AskAgain
}

func hearing(reports ...kyc.Report) *lagging {
	l := &lagging{story: begin(usual())}
	l.hear(reports...)
	return l
}

// later is a report that comes so much later than the one before.
func (l *lagging) later(d time.Duration, reports ...kyc.Report) *lagging {
	l.now = l.now.Add(d)
	l.hear(reports...)
	return l
}

// Whether an answer counts at once, for a step of a person's session.
func TestAnAnswerThatMayLagIsNotApplied(t *testing.T) {
	pending, approved, again := kyc.PendingVerification, kyc.Approved, kyc.ResubmissionRequired
	step := func(s kyc.Status) kyc.Snapshot { return shows(kyc.SubmissionRequired, at("a", s)) }
	told := func(triggers ...kyc.Trigger) *lagging {
		l := hearing()
		for _, trigger := range triggers {
			l.later(time.Second, on("a", trigger))
		}
		return l.later(time.Second)
	}
	isPending, isApproved, isAgain := kyc.ReportPendingVerification, kyc.ReportApproved, kyc.ReportResubmissionRequired
	for name, test := range map[string]struct {
		session *lagging
		shown   kyc.Snapshot
		applied bool
	}{
		"an approval is not taken away, pending":   {told(isPending, isApproved), step(pending), false},
		"an approval is not taken away, beginning": {told(isPending, isApproved), step(kyc.SubmissionRequired), false},
		"an approval is not taken away, refused":   {told(isPending, isApproved), step(again), false},
		"an approval is not taken away, rejected":  {told(isPending, isApproved), step(kyc.Rejected), false},
		"an approval is confirmed":                 {told(isPending, isApproved), step(approved), true},
		"nor by what a late webhook says too":      {told(isPending, isApproved, isPending), step(pending), false},
		"a healed approval is not taken away":      {told(isApproved, isPending), step(pending), false},

		"no old approval after a refusal":        {told(isPending, isApproved, isAgain), step(approved), false},
		"no old approval after a rejection":      {told(isPending, isApproved, kyc.ReportRejected), step(approved), false},
		"no old approval after a reset":          {told(isPending, isApproved, kyc.ReportReset), step(approved), false},
		"nor if its webhook never came":          {told(isPending, kyc.ReportReset), step(approved), false},
		"nor if a reset overtook it":             {told(isPending, kyc.ReportReset, isApproved), step(approved), false},
		"nor after a submission that follows":    {told(isPending, isApproved, kyc.ReportReset, isPending), step(approved), false},
		"nor is a submission after it forgotten": {told(isPending, isApproved, isPending), step(approved), false},

		"the API is ahead, approved":         {told(isPending), step(approved), true},
		"the API is ahead, refused":          {told(isPending), step(again), true},
		"the API is ahead, rejected":         {told(isPending), step(kyc.Rejected), true},
		"the API is ahead, rejected at last": {told(isPending, isAgain), step(kyc.Rejected), true},
		"the API is ahead, from nothing":     {hearing(), step(approved), true},
		"a premature approval is confirmed":  {told(isApproved), step(approved), true},
		"the API is behind, beginning":       {told(isPending), step(kyc.SubmissionRequired), false},
		"the API is behind, refused before":  {told(isPending, isAgain, isPending), step(again), false},
		"a reset is not undone":              {told(isPending, kyc.ReportReset), step(pending), false},
		"a rejection is not undone":          {told(isPending, kyc.ReportRejected), step(pending), false},
		"another word says nothing":          {told(isPending, isApproved), step(kyc.Status{}), true},
		"a step that is not shown":           {told(isPending, isApproved), shows(pending), false},
		"a session that is not shown":        {told(isPending), kyc.Snapshot{Unknown: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if !test.applied {
				test.session.deferred(t, test.shown)
				return
			}
			want := test.session.decider.Reconcile(test.session.session, test.shown)
			got := test.session.ask(test.shown)
			observed := got[0].(kyc.SnapshotObserved)
			same(t, "applied", observed.Applied(), true)
			same(t, "what follows", got[1:], want[1:])
		})
	}
}

// The case of the issue: the waits double, and end when it can't be a lag.
func TestAContradictionThatLastsIsAppliedWhenItCannotBeALag(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification)).later(0, on("a", kyc.ReportApproved))
	told := l.now
	l.later(5 * time.Second)
	shown := shows(kyc.PendingVerification, at("a", kyc.PendingVerification))
	var ages []time.Duration
	for l.now.Sub(told) < lag {
		again := l.deferred(t, shown)
		l.now = again
		ages = append(ages, again.Sub(told).Round(time.Second))
	}
	same(t, "asked again after", ages, []time.Duration{
		10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, lag,
	})
	if late := l.now.Sub(told) - lag; late > 10*time.Millisecond {
		t.Errorf("asked for the last time %s after the settling time", late)
	}
	events := l.ask(shown)
	same(t, "observation", events[0], kyc.Event(shown))
	same(t, "step", l.status("a"), kyc.PendingVerification)
}

// What was told of one track makes the whole answer an old one.
func TestAnAnswerThatLagsIsNotAppliedInParts(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification), on("b", kyc.ReportPendingVerification))
	l.later(time.Hour, on("a", kyc.ReportApproved)).later(time.Second)
	l.deferred(t, shows(kyc.Approved, at("a", kyc.PendingVerification), at("b", kyc.Approved), at("c", kyc.Approved)))
	same(t, "steps", len(l.session.State().Steps), 2)
}

func TestAResetOfTheSessionIsOneOfEachTrack(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved)).later(time.Hour, on(none, kyc.ReportReset))
	l.deferred(t, shows(kyc.SubmissionRequired, at("a", kyc.Approved)))
	same(t, "applied", l.ask(shows(kyc.SubmissionRequired, at("a", kyc.SubmissionRequired)))[0].(kyc.SnapshotObserved).Applied(), true)
}

// An approval that a snapshot gave is as good as one that was told.
func TestAnAnswerThatLagsMoreThanOneBeforeChangesNothing(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification)).later(time.Hour)
	l.ask(shows(kyc.PendingVerification, at("a", kyc.Approved)))
	same(t, "step", l.status("a"), kyc.Approved)
	l.later(time.Second).deferred(t, shows(kyc.PendingVerification, at("a", kyc.PendingVerification)))
	l.later(lag)
	l.ask(shows(kyc.PendingVerification, at("a", kyc.PendingVerification)))
	same(t, "step", l.status("a"), kyc.PendingVerification)
	l.later(time.Second).deferred(t, shows(kyc.Approved, at("a", kyc.Approved)))
}

// Ahead by the latest webhook, the answer could still be one from before it, if
// more than one webhook was lost.
func TestAnAnswerThatIsAheadIsLookedAtOnceMore(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification)).later(10 * time.Second)
	observed := l.ask(shows(kyc.SubmissionRequired, at("a", kyc.Approved)))[0].(kyc.SnapshotObserved)
	same(t, "applied", observed.Applied(), true)
	same(t, "asked again after", observed.AskAgain.Sub(l.now).Round(time.Second), lag-10*time.Second)
	l.now = observed.AskAgain
	observed = l.ask(shows(kyc.SubmissionRequired, at("a", kyc.Approved)))[0].(kyc.SnapshotObserved)
	same(t, "asked again at", observed.AskAgain, time.Time{})
}

// What an unknown word did to an approval is not known, so an old answer does not
// settle it.
func TestAnApprovalIsNotConfirmedByAnAnswerFromBeforeAnUnknownStatus(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	l.later(time.Hour, kyc.Report{StepID: "a", Status: "REVOKED"})
	l.deferred(t, shows(kyc.PendingVerification, at("a", kyc.Approved)))
	l.ask(shows(kyc.PendingVerification, at("a", kyc.Rejected)))
	same(t, "step", l.status("a"), kyc.Rejected)
}

// A 404 is asked again, too; an old one counts, once.
func TestAnAnswerThatASessionIsUnknownMayLag(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification)).later(5 * time.Second)
	unknown := kyc.Snapshot{Unknown: true}
	l.now = l.deferred(t, unknown)
	same(t, "unknown", l.session.State().Unknown, false)
	l.later(lag)
	same(t, "events", l.ask(unknown), []kyc.Event{unknown})
	same(t, "unknown", l.session.State().Unknown, true)
	same(t, "events of the second", l.ask(unknown), []kyc.Event(nil))
	l.later(0, on("a", kyc.ReportApproved)).later(time.Second)
	l.deferred(t, unknown)
	l.later(lag)
	same(t, "events at last", l.ask(unknown), []kyc.Event(nil))
}

// A clock that was ahead does not make a webhook young for ever: the first
// question after it shows how old it is at least.
func TestAClockThatWasAheadDoesNotPutOffForEver(t *testing.T) {
	l := hearing()
	right := l.now
	l.now = right.Add(24 * time.Hour) // by the clock of who received it
	l.hear(on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	l.now = right
	shown := shows(kyc.PendingVerification, at("a", kyc.PendingVerification))
	for l.now.Sub(right) < lag {
		l.now = l.deferred(t, shown)
	}
	if taken := l.now.Sub(right); taken > lag+time.Second {
		t.Errorf("it took %s", taken)
	}
	l.ask(shown)
	same(t, "step", l.status("a"), kyc.PendingVerification)
}

// Who decided to believe every answer is not asked to wait.
func TestWithoutASettlingTimeEveryAnswerCounts(t *testing.T) {
	l := hearing(on("a", kyc.ReportPendingVerification), on("a", kyc.ReportApproved))
	shown := shows(kyc.PendingVerification, at("a", kyc.PendingVerification))
	want := l.decider.Reconcile(l.session, shown)
	same(t, "events", l.decider.Settle(l.session, l.told, shown, kyc.Question{At: l.now}), want)
}

// What a person decided is no word of the provider's.
func TestAnAnswerCountsAgainstWhatAPersonDecided(t *testing.T) {
	l := hearing(on("a", kyc.ReportApproved)).later(time.Hour)
	events, err := l.decider.Resolve(l.session, kyc.Ruling{Flag: l.session.State().Flags[0].Position, Accept: true, By: "ada", Note: "seen"})
	if err != nil {
		t.Fatal(err)
	}
	l.note(events)
	same(t, "step", l.status("a"), kyc.Approved)
	l.ask(shows(kyc.PendingVerification, at("a", kyc.PendingVerification)))
	same(t, "step", l.status("a"), kyc.PendingVerification)
}

// A healing is as good as a word of the provider's, although what it applies was
// told long before.
func TestAHealingIsNotUndoneByALag(t *testing.T) {
	l := hearing(on("a", kyc.ReportApproved)).later(time.Hour, withAttempt(2, on("a", kyc.ReportPendingVerification)))
	same(t, "step", l.status("a"), kyc.Approved)
	l.later(time.Second).deferred(t, shows(kyc.PendingVerification, at("a", kyc.PendingVerification)))
}

// What settles nothing may be a word of the moment, however long ago the webhooks
// came: an approval that is held back must not wait for the sweep. But it is not
// asked for for ever.
func TestAnAnswerThatSettlesNothingIsAskedForAgain(t *testing.T) {
	strange := kyc.Snapshot{Status: "CERTIFIED", Steps: []kyc.ObservedStep{{StepID: "a", Service: "LIVENESS", Status: "CERTIFIED"}}}
	for name, nothing := range map[string]kyc.Snapshot{
		"a status of the session": strange,
		"a status of a step":      {Status: kyc.SubmissionRequired.String(), Steps: strange.Steps},
		"no such session":         {Unknown: true},
	} {
		for _, age := range []time.Duration{5 * time.Second, lag - time.Second, 10 * lag} {
			l := hearing(on("a", kyc.ReportResubmissionRequired)).later(time.Second, on("a", kyc.ReportApproved)).later(age)
			begun, asked := l.now, 0
			for again := l.now; !again.IsZero() && asked < 20; asked++ {
				l.now = again
				events := l.ask(nothing)
				again = time.Time{}
				if len(events) > 0 {
					again = events[0].(kyc.SnapshotObserved).AskAgain
				}
				if len(events) > 1 {
					t.Fatalf("%s: %+v follows", name, events[1:])
				}
			}
			if took := l.now.Sub(begun); asked < 5 || asked > 12 || took < lag || took > 2*lag {
				t.Errorf("%s, %v after the webhooks: asked %d times in %v", name, age, asked, took)
			}
			if events := l.ask(nothing); len(events) > 1 || len(events) == 1 && !events[0].(kyc.SnapshotObserved).AskAgain.IsZero() {
				t.Errorf("%s: it is asked for for ever: %+v", name, events)
			}
			if events := l.ask(shows(kyc.SubmissionRequired, at("a", kyc.Approved))); len(events) < 2 {
				t.Errorf("%s: what is shown then is not applied: %+v", name, events)
			}
		}
	}
}
