package httpapi

import "dossier/application/projection"

// flag is a flag as the API shows it.
type flag struct {
	Position   int64         `json:"position" minimum:"1" example:"12" doc:"The position of the event that raised the flag: its identity."`
	App        appWord       `json:"app"`
	SessionID  string        `json:"session_id" doc:"The provider's id. Keep it secret."`
	StepID     string        `json:"step_id" doc:"Empty: the session itself."`
	Service    string        `json:"service" doc:"As reported; may be empty."`
	Violation  violationWord `json:"violation" doc:"What should not have happened."`
	Severity   severityWord  `json:"severity"`
	From       fromWord      `json:"from" doc:"The status that the track had, and kept. Empty for a violation of the provider's own contract, which holds nothing back."`
	Attempted  string        `json:"attempted" doc:"The status as reported, held back until the flag is closed. Empty as for from."`
	Reason     string        `json:"reason" doc:"As reported; may be empty."`
	State      stateWord     `json:"state"`
	FlaggedAt  string        `json:"flagged_at" format:"date-time"`
	ResolvedAt *string       `json:"resolved_at" format:"date-time" doc:"null while the flag is open."`
	ResolvedBy string        `json:"resolved_by" doc:"Who decided; empty while the flag is open, and if nobody had to."`
	Note       string        `json:"note" doc:"Why; empty unless a person decided."`
}

func flagOf(f projection.Flag) flag {
	return flag{
		Position: f.Position, App: appWord(f.Stream.App), SessionID: string(f.Stream.Session),
		StepID: string(f.StepID), Service: string(f.Service),
		Violation: violationWord(f.Violation.String()), Severity: severityWord(f.Severity.String()),
		From: fromWord(f.From.String()), Attempted: f.Attempted, Reason: f.Reason,
		State: stateWord(f.State.String()), FlaggedAt: stamp(f.FlaggedAt),
		ResolvedAt: stampOrNull(f.ResolvedAt), ResolvedBy: f.ResolvedBy, Note: f.Note,
	}
}
