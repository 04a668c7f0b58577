package query

import (
	"context"
	"time"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// Until is how far a story is told. The zero value tells all of it.
type Until struct {
	past    past  // what belongs to the story
	version int64 // that the story must reach
}

// UntilVersion tells a story up to a version, inclusive.
func UntilVersion(version int64) Until {
	return Until{throughVersion(version), version}
}

// UntilTime tells what had been recorded at a time, inclusive.
func UntilTime(at time.Time) Until {
	return Until{past: recordedAt(at)}
}

// Story is the history of a session, told event by event.
type Story struct {
	Scenes  []Scene
	Flags   []projection.Flag  // raised in it, as they stand at its end
	Session projection.Session // as it stands at its end
	// Position is the head of the log that the story has seen.
	Position int64
}

// Scene is one event, and where it found and left its session.
type Scene struct {
	Event         eventlog.Recorded
	Before, After Standing
}

// Standing is where a session stands between two events.
type Standing struct {
	Status    kyc.Overall
	Kind      kyc.Kind
	Cycle     int
	OpenFlags int
	// Track is the one that the event is about: a step, or the session's own. A
	// step that was not seen yet stands at the initial status.
	Track kyc.Track
}

// Story tells a session's history. It is one with the replays: its session is
// that of SessionAtVersion and of SessionAsOf. It returns ErrNoSuchSession, or
// ErrNoSuchVersion if the session never had that version or did not exist at
// that time.
func (r *Reads) Story(ctx context.Context, stream eventlog.Stream, until Until) (Story, error) {
	position, err := r.awaitLog(ctx, Fresh{})
	if err != nil {
		return Story{}, err
	}
	teller := teller{session: kyc.NewSession(), rules: r.rules.For(stream.App)}
	if until.past == nil {
		until.past = everything
	}
	if err := r.walk(ctx, stream, until.past, teller.tell); err != nil {
		return Story{}, err
	}
	// A version that was asked for and is below 1 has no event either.
	if version := teller.session.Version(); version == 0 || version < until.version {
		return Story{}, ErrNoSuchVersion
	}
	return Story{
		Scenes: teller.scenes, Flags: projection.FlagsIn(teller.history), Position: position,
		Session: projection.NewSession(stream, teller.session, teller.rules),
	}, nil
}

// teller folds a session and notes how it stands on the way.
type teller struct {
	session *kyc.Session
	rules   kyc.Rules
	scenes  []Scene
	history []eventlog.Recorded
}

func (t *teller) tell(e eventlog.Recorded) {
	track := trackOf(e.Event)
	scene := Scene{Event: e, Before: t.standing(track)}
	t.session.Apply(e.Event, e.Mark())
	scene.After = t.standing(track)
	t.scenes = append(t.scenes, scene)
	t.history = append(t.history, e)
}

// standing says where the session and one of its tracks stand.
func (t *teller) standing(id kyc.StepID) Standing {
	state := t.session.State()
	s := Standing{
		Status: t.session.Overall(t.rules), Kind: t.session.Kind(t.rules), Cycle: state.Cycle,
		OpenFlags: len(state.Flags), Track: kyc.Track{StepID: id, Status: kyc.SubmissionRequired},
	}
	if id == "" {
		s.Track = state.Track
	}
	for _, step := range state.Steps {
		if step.StepID == id {
			s.Track = step
		}
	}
	return s
}

// trackOf returns the step that an event is about; empty for the session
// itself.
func trackOf(event kyc.Event) kyc.StepID {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return e.StepID
	case kyc.StatusRepeated:
		return e.StepID
	case kyc.TransitionFlagged:
		return e.StepID
	case kyc.WebhookDiscarded:
		return e.StepID
	case kyc.ContractViolated:
		return e.StepID
	case kyc.FlagResolved:
		return e.StepID
	case kyc.DetailsAccessed:
		return e.StepID
	default: // a reset of the session, or a snapshot of it
		return ""
	}
}
