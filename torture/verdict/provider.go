package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dossier/adapters/codec"
	"dossier/adapters/fakesynaps"
	"dossier/domain/kyc"
)

// AskedApp is the app for whose sessions the provider is asked.
const AskedApp = "asked"

const askedPrefix = AskedApp + "/"

func (e Event) asked() bool { return strings.HasPrefix(e.Stream, askedPrefix) }

// History is what the provider had of each session, from when on.
type History = map[kyc.SessionID][]fakesynaps.Turn

// dossier is what the log says of one session of the provider.
type dossier struct {
	id     kyc.SessionID
	events []Event
	turns  []fakesynaps.Turn
}

// dossiers sorts the log by the provider's sessions.
func dossiers(log []Event, history History) (all []dossier) {
	events := map[kyc.SessionID][]Event{}
	for _, e := range log {
		if e.asked() {
			id := kyc.SessionID(strings.TrimPrefix(e.Stream, askedPrefix))
			events[id] = append(events[id], e)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(history)) {
		all = append(all, dossier{id, events[id], history[id]})
	}
	return all
}

// approvals: whatever the provider's API answers, an approval is given only if
// the session was approved there at some time since the log was told last, and
// taken away only if it was not. Where clocks were stepped, nobody knows when.
func approvals(e Evidence) Check {
	c := Check{Name: "no approval is given, and none taken away, by what the provider answers"}
	for _, d := range dossiers(e.Log, e.Provider) {
		told, open := map[kyc.StepID]time.Time{}, answer{}
		judge := func() {
			c.Looked += len(open.moved(d))
			for step, is := range open.moved(d) {
				if !d.had(step, is, open.told[step], open.at, e.ClocksStepped) {
					c.Faults = append(c.Faults, fmt.Sprintf("position %d: the approval of track %q is now %t, as the provider never had it since %s",
						open.position, step, is, open.told[step].Format(time.RFC3339Nano)))
				}
			}
			open = answer{}
		}
		err := d.fold(func(before, after kyc.State, event Event, decoded kyc.Event) {
			_, observed := decoded.(kyc.SnapshotObserved)
			if !observed && open.position > 0 && event.Causation == open.id {
				open.after = approved(after)
			} else {
				judge()
			}
			if observed {
				open = answer{event.Position, event.EventID, event.Clock, approved(before), approved(after), maps.Clone(told)}
			}
			for step := range d.tracks() {
				if tells(decoded, step) {
					told[step] = event.Clock
				}
			}
		})
		judge()
		if err != nil {
			c.Faults = append(c.Faults, err.Error())
		}
	}
	return c
}

// answer is one of the provider's in the log, with all that follows from it: it is
// written at once, so that nobody sees a part of it.
type answer struct {
	position      int64 // 0: none
	id            string
	at            time.Time
	before, after map[kyc.StepID]bool // approved
	told          map[kyc.StepID]time.Time
}

// moved are the tracks that are approved now and were not, or the other way.
func (a answer) moved(d dossier) map[kyc.StepID]bool {
	all := map[kyc.StepID]bool{}
	for step := range d.tracks() {
		if a.before[step] != a.after[step] {
			all[step] = a.after[step]
		}
	}
	return all
}

// fold folds the session, and shows how it stood before and after each event.
func (d dossier) fold(show func(before, after kyc.State, event Event, decoded kyc.Event)) error {
	session := kyc.NewSession()
	for _, event := range d.events {
		decoded, err := codec.Decode(event.Type, event.Data)
		if err != nil {
			return fmt.Errorf("position %d: %w", event.Position, err)
		}
		before := session.State()
		session.Apply(decoded, kyc.Mark{Position: event.Position, Version: event.Version, At: event.Clock})
		show(before, session.State(), event, decoded)
	}
	return nil
}

// tells says that an event tells where the provider has a track.
func tells(event kyc.Event, step kyc.StepID) bool {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return e.StepID == step
	case kyc.StatusRepeated:
		return e.StepID == step
	case kyc.TransitionFlagged:
		return e.StepID == step
	case kyc.SessionReset:
		return true
	default:
		return false
	}
}

func approved(state kyc.State) map[kyc.StepID]bool {
	all := map[kyc.StepID]bool{"": state.Track.Status == kyc.Approved}
	for _, t := range state.Steps {
		all[t.StepID] = t.Status == kyc.Approved
	}
	return all
}

// tracks are those of which the provider's webhooks tell, as they are at last.
func (d dossier) tracks() map[kyc.StepID]kyc.Status { return tracksOf(d.turns[len(d.turns)-1].Session) }

func tracksOf(s fakesynaps.Session) map[kyc.StepID]kyc.Status {
	all := map[kyc.StepID]kyc.Status{"": s.Status}
	for _, step := range s.Steps {
		all[step.ID] = step.Status
	}
	return all
}

// had says whether the provider had a track approved, or had it not, at any time
// of a span, or at any time.
func (d dossier) had(step kyc.StepID, approved bool, from, to time.Time, anytime bool) bool {
	if !approved && (anytime || d.turns[0].At.After(from)) {
		return true // before it began
	}
	for i, turn := range d.turns {
		within := !turn.At.After(to) && (i+1 == len(d.turns) || d.turns[i+1].At.After(from))
		if (within || anytime) && (tracksOf(turn.Session)[step] == kyc.Approved) == approved {
			return true
		}
	}
	return false
}

// Settled: at last every session of the provider is as the provider has it.
func Settled(log []Event, history History) Check {
	c := Check{Name: "every session of the provider's is at last as it is there"}
	for _, d := range dossiers(log, history) {
		c.Looked++
		last := kyc.NewSession().State()
		err := d.fold(func(_, after kyc.State, _ Event, _ kyc.Event) { last = after })
		if err != nil {
			c.Faults = append(c.Faults, err.Error())
		}
		c.Faults = append(c.Faults, d.differences(last)...)
	}
	return c
}

// differences compares where the log has each track with where it is. A step that
// nobody told of stands at its beginning.
func (d dossier) differences(state kyc.State) (faults []string) {
	have := map[kyc.StepID]kyc.Status{"": state.Track.Status}
	for _, t := range state.Steps {
		have[t.StepID] = t.Status
	}
	for step, want := range d.tracks() {
		status, told := have[step]
		if !told {
			status = kyc.SubmissionRequired
		}
		if status != want {
			faults = append(faults, fmt.Sprintf("the session whose last event is at position %d: track %q is %s, want %s",
				state.Position, step, status, want))
		}
	}
	return faults
}
