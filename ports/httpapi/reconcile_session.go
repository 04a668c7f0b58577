package httpapi

import (
	"context"
	"net/http"
	"time"

	"dossier/application/command"
	"dossier/application/eventlog"
	"dossier/ports/problem"
)

var reconcileSession = operation{
	id: "reconcile-session", method: http.MethodPost, path: "/v1/sessions/{app}/{session_id}/reconcile", tag: "Sessions",
	summary: "Settle a session with the provider's API",
	description: "Asks the provider how the session stands now and records the answer, with a change for each status that " +
		"differs (`cause` is `reconciled`). It closes the flags that this settles. An answer that contradicts a webhook of the " +
		"last minutes may only lag behind it: it is recorded and not applied (`applied` is false), and the provider is asked " +
		"again at `ask_again_at`. A webhook that comes meanwhile counts: then " +
		"the provider is asked again. A session that we do not know is recorded if the provider knows it. There is nothing to " +
		"send as a body.",
	roles: rulers, example: reconciled{Recorded: true, Applied: true, Position: 12, Version: 5, Differences: 2, Settled: 1},
	problems: ofProvider(
		sessionNotFound, problem.Of(command.ErrRestless), problem.Of(eventlog.ErrBusy), problem.Of(eventlog.ErrOutcomeUnknown),
		problem.Of(eventlog.ErrNotReplicated),
	),
}

type reconcileOutput struct {
	Position int64 `header:"Dossier-Position" doc:"The last position of the session: min_position of a read that must see what was recorded."`
	Body     encoded[reconciled]
}

// reconciled says what became of a reconciliation.
type reconciled struct {
	Unknown     bool  `json:"unknown" doc:"The provider knows no such session."`
	Recorded    bool  `json:"recorded" doc:"The answer was recorded. False: that the provider does not know the session was recorded before."`
	Position    int64 `json:"position" minimum:"0" doc:"Of the recorded answer; 0 if nothing was recorded."`
	Version     int64 `json:"version" minimum:"0" doc:"Of that event, in the session's history; 0 if nothing was recorded."`
	Differences int   `json:"differences" minimum:"0" doc:"How many changes were recorded."`
	Settled     int   `json:"settled_flags" minimum:"0" doc:"How many flags were closed."`

	Applied     bool   `json:"applied" doc:"False: the answer contradicts what was told a moment ago, and may only lag behind. Nothing follows from it yet."`
	Contradicts int64  `json:"contradicts,omitempty" minimum:"1" doc:"The position of what it contradicts."`
	AskAgainAt  string `json:"ask_again_at,omitempty" format:"date-time" doc:"When the provider is asked again. Absent: it need not be."`
}

func (a *api) reconcileSession(ctx context.Context, in *StreamPath) (*reconcileOutput, error) {
	stream, err := in.stream(ctx)
	if err != nil {
		return nil, err
	}
	limited, stop := asking(ctx)
	defer stop()
	done, err := a.Reconcile.Handle(limited, stream, callOf(ctx).caller.Name)
	if err != nil {
		return nil, a.failProvider(ctx, err)
	}
	if !done.Recorded { // the provider does not know it: do we?
		known, err := a.Reads.SessionReplayed(ctx, stream)
		if err != nil {
			return nil, a.fail(ctx, err, known.Position)
		}
		done.Last = known.Session.State.Position
	}
	return &reconcileOutput{Position: done.Last, Body: encode(reconciled{
		Unknown: done.Unknown, Recorded: done.Recorded, Position: done.Position, Version: done.Version,
		Differences: done.Differences, Settled: done.Settled,
		Applied: done.Contradicts == 0, Contradicts: done.Contradicts, AskAgainAt: askAgainText(done.AskAgain),
	})}, nil
}

func askAgainText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return stamp(at)
}
