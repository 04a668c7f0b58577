package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"dossier/adapters/sqlstore"
	"dossier/application/eventlog"
	"dossier/application/sessionref"
	"dossier/domain/kyc"
)

// narratePoll is how long a narration trusts that a wake-up would have come.
const narratePoll = time.Second

// narrate prints a line for each event of the log until ctx ends.
func narrate(ctx context.Context, store *sqlstore.Store, refs sessionref.Key, w io.Writer) error {
	for after := int64(0); ctx.Err() == nil; {
		grown := store.Changed() // before reading, so that no wake-up is missed
		events, err := store.ReadAll(ctx, after, 100)
		if err != nil {
			return err
		}
		for _, e := range events {
			ref := refs.Of(e.Stream.App, e.Stream.Session)
			fmt.Fprintf(w, "%6d  %s  %s  %s\n", e.Position, e.RecordedAt.Local().Format("15:04:05.000"), ref, sentence(e.Event))
			after = e.Position
		}
		if len(events) == 0 {
			eventlog.Wait(ctx, grown, narratePoll)
		}
	}
	return nil
}

// sentence tells what an event says, for a person.
func sentence(event kyc.Event) string {
	switch e := event.(type) {
	case kyc.StatusChanged:
		return fmt.Sprintf("%-18s %s -> %s%s%s", track(e.StepID, e.Service), e.From, e.To, cause(e.Cause), quoted(e.Reason))
	case kyc.SessionReset:
		return fmt.Sprintf("%-18s reset, cycle %d begins%s", "session", e.Cycle, cause(e.Cause))
	case kyc.StatusRepeated:
		return fmt.Sprintf("%-18s %s, again", track(e.StepID, e.Service), e.Trigger)
	case kyc.TransitionFlagged:
		return fmt.Sprintf("%-18s FLAG %s (%s): %s held, stays %s", track(e.StepID, e.Service),
			e.Violation, e.Severity, e.Attempted, e.From)
	case kyc.WebhookDiscarded:
		return fmt.Sprintf("%-18s FLAG %s (%s): %q, discarded", track(e.StepID, e.Service), e.Violation, e.Severity, e.Status)
	case kyc.ContractViolated:
		return fmt.Sprintf("%-18s FLAG %s (%s)", track(e.StepID, e.Service), e.Violation, e.Severity)
	case kyc.FlagResolved:
		return fmt.Sprintf("%-18s flag %d resolved: %s by %s", track(e.StepID, ""), e.Flag, e.Resolution, e.By)
	case kyc.SnapshotObserved:
		return fmt.Sprintf("%-18s asked the provider: %s", "session", observed(e))
	case kyc.DetailsAccessed:
		return fmt.Sprintf("%-18s details shown to %s", track(e.StepID, ""), e.By)
	default:
		return fmt.Sprintf("%T", event)
	}
}

func observed(e kyc.SnapshotObserved) string {
	shown := fmt.Sprintf("%s, %d steps", e.Status, len(e.Steps))
	if e.Unknown {
		shown = "no such session"
	}
	if !e.Applied() {
		shown += fmt.Sprintf(", which may lag behind position %d: asked again", e.Contradicts)
	}
	return shown
}

func track(step kyc.StepID, service kyc.Service) string {
	switch {
	case step == "":
		return "session"
	case service == "":
		return "step " + string(step)
	default:
		return string(service)
	}
}

func cause(c kyc.Cause) string {
	if c == kyc.CauseReported {
		return ""
	}
	return " (" + c.String() + ")"
}

func quoted(reason string) string {
	if reason == "" {
		return ""
	}
	return fmt.Sprintf(" %q", reason)
}
