package httpapi

import (
	"dossier/application/projection"
	"dossier/domain/kyc"
)

// session is a session as the API shows it.
type session struct {
	App           appWord     `json:"app" doc:"The app that the session belongs to."`
	SessionID     string      `json:"session_id" example:"2ac3f7ab-3729-f968-3f55-aa47e881" doc:"The provider's id. Who knows it can open the person's verification page: keep it secret."`
	Kind          kindWord    `json:"kind" doc:"Whom the session verifies."`
	Status        overallWord `json:"status" doc:"The overall status, derived from the session's own and those of its steps. STEPS_APPROVED is not an approval: every step seen is approved, but nothing says that these are all."`
	Cycle         int         `json:"cycle" minimum:"1" example:"1" doc:"Counts the session's resets from 1."`
	Version       int64       `json:"version" minimum:"1" example:"4" doc:"The number of events in its history."`
	Position      int64       `json:"position" minimum:"1" example:"12" doc:"The position of its last event in the log."`
	OpenedAt      string      `json:"opened_at" format:"date-time" doc:"When its first event was recorded."`
	UpdatedAt     string      `json:"updated_at" format:"date-time" doc:"When its last event was recorded."`
	OpenFlags     int         `json:"open_flags" minimum:"0" doc:"How many flags wait for a decision."`
	SessionStatus statusWord  `json:"session_status" doc:"The status that the provider gave the session itself."`
	Steps         []step      `json:"steps" nullable:"false" doc:"In the order in which they were first seen."`
}

// step is one step of a session.
type step struct {
	StepID      string     `json:"step_id" example:"1253242"`
	Service     string     `json:"service" example:"PROOF_OF_ADDRESS" doc:"The check that the step makes, as the provider names it."`
	Status      statusWord `json:"status"`
	Reason      string     `json:"reason" doc:"Of the last change; empty if none was given."`
	Submissions int        `json:"submissions" minimum:"0" doc:"How often something was submitted since the last reset."`
	UpdatedAt   string     `json:"updated_at" format:"date-time"`
}

func sessionOf(p projection.Session) session {
	return session{
		App: appWord(p.Stream.App), SessionID: string(p.Stream.Session),
		Kind: kindWord(p.Kind.String()), Status: overallWord(p.Status.String()),
		Cycle: p.State.Cycle, Version: p.State.Version, Position: p.State.Position,
		OpenedAt: stamp(p.State.OpenedAt), UpdatedAt: stamp(p.State.UpdatedAt),
		OpenFlags:     len(p.State.Flags),
		SessionStatus: statusWord(p.State.Track.Status.String()),
		Steps:         each(p.State.Steps, stepOf),
	}
}

func stepOf(t kyc.Track) step {
	return step{
		StepID: string(t.StepID), Service: string(t.Service), Status: statusWord(t.Status.String()),
		Reason: t.Reason, Submissions: t.Submissions, UpdatedAt: stamp(t.UpdatedAt),
	}
}

// each maps a list; the result is never nil, so that it is [] in JSON.
func each[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}
