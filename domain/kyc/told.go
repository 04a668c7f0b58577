package kyc

import (
	"slices"
	"time"
)

// Told is what was told of a session, oldest first. A snapshot of the provider's
// API is measured against it: the API may lag behind the provider's own reports.
// The zero value is of a session without history. It is not safe for concurrent
// use.
type Told struct {
	tellings []telling
	// asked are the times at which the provider was asked, by the clocks of those
	// who asked: events before were recorded before.
	asked []Mark
	// nothing is when the provider was asked that has answered what settles nothing
	// ever since; zero: its last answer was another.
	nothing time.Time
}

// telling is what one event told of one track.
type telling struct {
	step    StepID
	trigger Trigger // the zero value for a status that we do not know
	before  Status  // of the track
	// observed says that a snapshot told it, as what the track stood at.
	observed bool
	position int64
	at       time.Time
}

// Note takes the next event, and the session as it stood before. What is no word
// of the provider's tells nothing: what a person decided, and a delivery that
// contradicts its id. Nor do changes that a snapshot brought: the snapshot itself
// does, if it was applied.
func (t *Told) Note(before *Session, event Event, mark Mark) {
	tell := func(step StepID, trigger Trigger) {
		t.tellings = append(t.tellings, telling{
			step: step, trigger: trigger, before: before.track(step, "").Status, position: mark.Position, at: mark.At,
		})
	}
	switch e := event.(type) {
	case StatusChanged:
		if e.Cause == CauseReported || e.Cause == CauseHealed {
			tell(e.StepID, e.Trigger)
		}
	case SessionReset:
		if e.Cause == CauseReported {
			tell("", ReportReset)
		}
	case StatusRepeated:
		tell(e.StepID, e.Trigger)
	case TransitionFlagged:
		if e.Violation != DeliveryConflict {
			tell(e.StepID, e.Attempted)
		}
	case WebhookDiscarded:
		tell(e.StepID, Trigger{})
	case SnapshotObserved:
		t.noteSnapshot(before, e, mark)
	}
}

func (t *Told) noteSnapshot(before *Session, e SnapshotObserved, mark Mark) {
	if !e.AskedAt.IsZero() {
		t.asked = append(t.asked, Mark{Position: mark.Position, At: e.AskedAt})
	}
	switch {
	case !e.tellsNothing():
		t.nothing = time.Time{}
	case !e.AskedAt.IsZero() && (t.nothing.IsZero() || e.AskedAt.Before(t.nothing)):
		t.nothing = e.AskedAt // a clock may have been ahead
	}
	if !e.Applied() {
		return
	}
	tell := func(step StepID, status string) {
		if known, ok := ParseStatus(status); ok {
			t.tellings = append(t.tellings, telling{
				step: step, trigger: Trigger(known), before: before.track(step, "").Status, observed: true,
				position: mark.Position, at: mark.At,
			})
		}
	}
	tell("", e.Status)
	for _, step := range e.Steps {
		if step.StepID != "" {
			tell(step.StepID, step.Status)
		}
	}
}

// newest returns the newest telling that is younger than a settling time when the
// provider is asked, of those that count, and its age; nil if there is none.
func (t *Told) newest(asked time.Time, settling time.Duration, counts func(telling) bool) (*telling, time.Duration) {
	for i := len(t.tellings) - 1; i >= 0; i-- {
		told := &t.tellings[i]
		if age := t.age(told, asked); age < settling && counts(*told) {
			return told, age
		}
	}
	return nil, 0
}

// age returns how old a telling is at least when the provider is asked. One that
// was recorded by a clock which was ahead is as old as the first question after
// it, by the clock of who asked.
func (t *Told) age(told *telling, asked time.Time) time.Duration {
	at := told.at
	if !at.After(asked) {
		return asked.Sub(at)
	}
	for _, question := range t.asked {
		if question.Position > told.position && question.At.Before(at) {
			at = question.At
		}
	}
	return max(0, asked.Sub(at))
}

// contradicts says that a snapshot may be from before what was told. A status that
// the provider can only have reached since is none: there the API is ahead.
func (told telling) contradicts(s Snapshot) bool {
	if s.Unknown {
		return true
	}
	if told.trigger == ReportReset && told.step == "" {
		return !s.begins()
	}
	shown, listed := s.statusOf(told.step)
	if !listed {
		// Of a company's steps the API may list none.
		return !s.Company && !told.observed
	}
	at, ok := ParseStatus(shown)
	return ok && told.denies(at)
}

// denies says that a track which is shown at a status may be from before what was
// told of it.
func (told telling) denies(shown Status) bool {
	switch {
	case told.names(shown):
		return false
	case told.observed:
		// Two answers differ because the API lags by turns, or because something
		// happened between them. Only of an approval that makes a difference.
		ahead := told.trigger == ReportPendingVerification && told.before != Approved
		return shown == Approved && !ahead || told.trigger == ReportApproved
	case !told.trigger.Known():
		return shown == Approved // it may have revoked that
	case told.trigger == ReportPendingVerification:
		// Else it is the result of that submission.
		return shown == SubmissionRequired || shown == told.before
	case shown == Rejected:
		// Only a reset leads away from it.
		return told.trigger == ReportApproved || told.trigger == ReportReset
	default:
		return true
	}
}

// names says that what was told is what is shown.
func (told telling) names(shown Status) bool {
	return told.trigger.Known() && told.trigger.status() == shown ||
		told.trigger == ReportSubmissionRequired && shown == ResubmissionRequired
}

// statusOf returns what a snapshot shows of a track; listed is false if nothing.
// Of a step that is shown twice the first counts.
func (s SnapshotObserved) statusOf(id StepID) (status string, listed bool) {
	if id == "" {
		return s.Status, true
	}
	i := slices.IndexFunc(s.Steps, func(step ObservedStep) bool { return step.StepID == id })
	if i < 0 {
		return "", false
	}
	return s.Steps[i].Status, true
}

// begins says that every status which a snapshot shows is the initial one.
func (s SnapshotObserved) begins() bool {
	moved := func(status string) bool {
		known, ok := ParseStatus(status)
		return ok && known != SubmissionRequired
	}
	return !moved(s.Status) && !slices.ContainsFunc(s.Steps, func(step ObservedStep) bool { return moved(step.Status) })
}
