package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
	"dossier/domain/kyc"
)

// print prints a story for a person.
func (t told) print(w io.Writer) error {
	var b strings.Builder
	s := t.Session
	fmt.Fprintf(&b, "Session %s of %s, %s\n", printable(string(s.Stream.Session)), s.Stream.App, s.Kind)
	fmt.Fprintf(&b, "%s, %s, at version %d\n", s.Status, counted(len(s.State.Flags), "open flag"), s.State.Version)
	for i, scene := range t.Scenes {
		t.printScene(&b, scene, t.deliveries[i])
	}
	t.printEnd(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (t told) printScene(b *strings.Builder, s query.Scene, m eventlog.Metadata) {
	says := sayingOf(s.Event.Event)
	fmt.Fprintf(b, "\nversion %d  position %d  %s  %s\n", s.Event.Version, s.Event.Position, moment(s.Event.RecordedAt), s.Event.Type)
	entry(b, "what", says.what)
	if track := s.After.Track; track.StepID != "" {
		entry(b, "step", trackName(track, says.service))
		entry(b, "status", movement(s.Before.Track.Status.String(), track.Status.String()))
	} else {
		entry(b, "status", movement(s.Before.Track.Status.String(), track.Status.String())+" (the session's own)")
	}
	entry(b, "session", movement(s.Before.Status.String(), s.After.Status.String()))
	for _, shown := range says.shown {
		entry(b, "shown", shown)
	}
	entry(b, "reason", says.reason)
	for _, f := range t.Flags {
		if f.Position == s.Event.Position {
			entry(b, "flag", standing(f))
		}
	}
	entry(b, "note", says.note)
	entry(b, "delivery", delivery(m))
	entry(b, "payload", m.Payload)
}

// saying is what an event says of itself.
type saying struct {
	what    string
	service kyc.Service
	reason  string
	note    string
	shown   []string // the steps of a snapshot
}

func sayingOf(event kyc.Event) saying {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return saying{what: e.Trigger.String() + causeText(e.Cause, e.Flag), service: e.Service, reason: e.Reason}
	case kyc.SessionReset:
		what := fmt.Sprintf("RESET of the session and all its steps%s; cycle %d begins", causeText(e.Cause, e.Flag), e.Cycle)
		return saying{what: what, service: e.Service, reason: e.Reason}
	case kyc.StatusRepeated:
		return saying{what: e.Trigger.String() + " repeated: nothing new", service: e.Service, reason: e.Reason}
	case kyc.TransitionFlagged:
		attempted := e.Attempted.String() + e.Status // one of them is empty
		return saying{what: fmt.Sprintf("%s held back: %s (%s)", attempted, e.Violation, e.Severity), service: e.Service, reason: e.Reason}
	case kyc.WebhookDiscarded:
		what := e.Status + " discarded: a status that is not known"
		if kyc.RaisesFlag(e) {
			what = fmt.Sprintf("%s discarded: %s (%s)", e.Status, e.Violation, e.Severity)
		}
		return saying{what: what, service: e.Service, reason: e.Reason}
	case kyc.ContractViolated:
		what := fmt.Sprintf("contract of the provider violated: %s (%s)", e.Violation, e.Severity)
		if e.Expected != "" {
			what += ", expected " + e.Expected
		}
		return saying{what: what, service: e.Service}
	case kyc.FlagResolved:
		what := fmt.Sprintf("flag at position %d %s by %s", e.Flag, projection.FlagStateOf(e.Resolution), e.By)
		return saying{what: what, note: e.Note}
	case kyc.SnapshotObserved:
		return snapshotSaying(e)
	case kyc.DetailsAccessed:
		return saying{what: "details of the step accessed by " + e.By, note: e.Purpose}
	default:
		return saying{}
	}
}

func snapshotSaying(e kyc.SnapshotObserved) saying {
	if e.Unknown {
		return saying{what: "the provider's API does not know the session" + notApplied(e)}
	}
	what := "the provider's API shows " + e.Status
	if e.Company {
		what += " of a company"
	}
	s := saying{what: fmt.Sprintf("%s, %s", what, counted(len(e.Steps), "step")) + notApplied(e)}
	for _, step := range e.Steps {
		name := trackName(kyc.Track{StepID: cmp.Or(step.StepID, "-"), Service: step.Service}, "")
		s.shown = append(s.shown, name+": "+step.Status)
	}
	return s
}

func notApplied(e kyc.SnapshotObserved) string {
	if e.Applied() {
		return ""
	}
	return fmt.Sprintf("; not applied: it may lag behind position %d", e.Contradicts)
}

func causeText(cause kyc.Cause, flag int64) string {
	switch cause {
	case kyc.CauseHealed:
		return fmt.Sprintf(" healed: the status held at position %d", flag)
	case kyc.CauseOverride:
		return fmt.Sprintf(" by override: the status held at position %d", flag)
	case kyc.CauseReconciled:
		return " reconciled: the provider's API showed it"
	default:
		return " reported"
	}
}

// trackName names a step. The service that an event came with may be another
// than the step's.
func trackName(t kyc.Track, reported kyc.Service) string {
	name := string(t.StepID)
	if t.Service != "" {
		name += ", " + string(t.Service)
	}
	if reported != "" && reported != t.Service {
		name += " (reported as " + string(reported) + ")"
	}
	return name
}

func movement(before, after string) string {
	if before == after {
		return before + ", unchanged"
	}
	return before + " -> " + after
}

// standing says how a flag stands at the end of the story.
func standing(f projection.Flag) string {
	if f.State == projection.FlagOpen {
		return "open"
	}
	return fmt.Sprintf("%s by %s at %s", f.State, f.ResolvedBy, moment(f.ResolvedAt))
}

// delivery says how an event came.
func delivery(m eventlog.Metadata) string {
	var parts []string
	if m.DeliveryID != "" {
		parts = append(parts, m.DeliveryID)
	}
	if m.Attempt > 0 {
		parts = append(parts, "attempt "+strconv.Itoa(m.Attempt))
	}
	if m.AttemptTrigger != "" {
		parts = append(parts, m.AttemptTrigger)
	}
	if m.OriginalIP != "" {
		parts = append(parts, "from "+m.OriginalIP)
	}
	return strings.Join(parts, ", ")
}

// printEnd prints the session as the API shows it, and its flags.
func (t told) printEnd(b *strings.Builder) {
	s := t.Session
	fmt.Fprintf(b, "\nAs of version %d, position %d\n", s.State.Version, s.State.Position)
	entry(b, "status", s.Status.String())
	entry(b, "itself", s.State.Track.Status.String())
	entry(b, "cycle", strconv.Itoa(s.State.Cycle))
	entry(b, "opened", moment(s.State.OpenedAt))
	entry(b, "updated", moment(s.State.UpdatedAt))
	if len(s.State.Steps) > 0 {
		rows := [][]string{{"STEP", "SERVICE", "STATUS", "SUBMISSIONS", "UPDATED", "REASON"}}
		for _, t := range s.State.Steps {
			rows = append(rows, []string{string(t.StepID), string(t.Service), t.Status.String(), strconv.Itoa(t.Submissions), moment(t.UpdatedAt), t.Reason})
		}
		table(b, rows)
	}
	if len(t.Flags) > 0 {
		rows := [][]string{{"FLAG AT", "STEP", "VIOLATION", "SEVERITY", "ATTEMPTED", "STATE", "BY", "NOTE"}}
		for _, f := range t.Flags {
			rows = append(rows, []string{strconv.FormatInt(f.Position, 10), string(f.StepID), f.Violation.String(), f.Severity.String(),
				f.Attempted, f.State.String(), f.ResolvedBy, f.Note})
		}
		table(b, rows)
	}
}
