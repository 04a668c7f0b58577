package httpapi

import (
	"context"
	"errors"
	"net/http"

	"dossier/application/access"
	"dossier/application/evidence"
	"dossier/ports/problem"
)

// logAltered tells an auditor that there is no evidence to be had, and why.
var logAltered = problem.Problem{Type: "log-altered", Title: "The log is not what its tree says", Status: http.StatusInternalServerError}

func auditors() []access.Role { return []access.Role{access.Auditor, access.Admin} }

var exportEvidence = operation{
	id: "export-evidence", method: http.MethodGet, path: "/v1/sessions/{app}/{session_id}/evidence", tag: "Proofs",
	summary: "Export the evidence of a session",
	description: "One file to take away: the session's events exactly as they are stored, with the proof of each that the log " +
		"has it, the signed checkpoint, the state that follows from them, the state machine's table, and a statement of the " +
		"log's key that these are all. `dossier verify FILE --key VKEY` verifies it without this service, and docs/audit.md says " +
		"what that proves. Right after a webhook it waits a few seconds for the next checkpoint; 503 `not-sealed` if none comes.",
	roles: auditors, recorded: ofEveryone, problems: []problem.Problem{sessionNotFound, notSealed, logAltered}, example: exampleEvidence(),
}

type evidenceOutput struct {
	Disposition string `header:"Content-Disposition" doc:"A name for the file, which does not contain the session id."`
	// No copy must stay anywhere: the file opens the person's verification page.
	CacheControl string `header:"Cache-Control" doc:"Keep no copy of it on the way."`
	Body         encoded[evidenceFile]
}

// evidenceFile describes evidence.Bundle, which the answer is made of.
type evidenceFile struct {
	Format     string          `json:"format" example:"dossier-evidence/v1"`
	Program    string          `json:"program" doc:"What wrote it."`
	ExportedAt string          `json:"exported_at" format:"date-time"`
	App        appWord         `json:"app"`
	SessionID  string          `json:"session_id"`
	Rules      evidenceRules   `json:"rules" doc:"What kind and status of the session were derived by."`
	Session    session         `json:"session" doc:"The folded state."`
	Events     []evidenceEvent `json:"events" nullable:"false" doc:"All that the session had when the checkpoint was signed."`
	Machine    evidenceMachine `json:"machine" doc:"The state machine as it was. What it does not list is forbidden."`
	Checkpoint string          `json:"checkpoint" doc:"The signed note that the proofs are for."`
	Statement  string          `json:"statement" doc:"A note signed by the log's key about all of the rest; empty if this server has it not."`
}

type evidenceRules struct {
	PinnedKind       string   `json:"pinned_kind" doc:"Of all the app's sessions; empty: inferred."`
	RequiredServices []string `json:"required_services" nullable:"false" doc:"Those that each need an approved step."`
}

type evidenceEvent struct {
	Position   int64    `json:"position" minimum:"1"`
	EventID    string   `json:"event_id"`
	App        appWord  `json:"app"`
	SessionID  string   `json:"session_id"`
	Version    int64    `json:"version" minimum:"1"`
	Type       string   `json:"type"`
	RecordedAt int64    `json:"recorded_at" doc:"Microseconds since 1970 UTC."`
	Data       string   `json:"data" doc:"The stored text, as a string: not a byte of it may change."`
	Metadata   string   `json:"metadata" doc:"The stored text, as a string."`
	Proof      []string `json:"proof" nullable:"false" doc:"From the leaf up to the root of the checkpoint: hashes in base64."`
}

type evidenceMachine struct {
	AutomaticServices []string       `json:"automatic_services" nullable:"false" doc:"Those whose steps follow the flow automatic."`
	Moves             []evidenceMove `json:"moves" nullable:"false"`
}

type evidenceMove struct {
	Flow    string     `json:"flow"`
	From    statusWord `json:"from"`
	Trigger string     `json:"trigger"`
	To      statusWord `json:"to"`
}

func (a *api) exportEvidence(ctx context.Context, in *StreamPath) (*evidenceOutput, error) {
	stream, err := in.stream(ctx)
	if err != nil {
		return nil, err
	}
	bundle, err := a.Evidence.Session(ctx, stream)
	switch {
	case errors.Is(err, evidence.ErrNoCheckpoint):
		return nil, &failure{Problem: notSealed}
	case errors.Is(err, evidence.ErrAltered):
		a.logFault(ctx, err)
		return nil, &failure{Problem: logAltered}
	case err != nil:
		return nil, a.fail(ctx, err, 0)
	}
	return &evidenceOutput{
		Disposition:  `attachment; filename="evidence-` + a.SessionRef(stream.App, stream.Session) + `.json"`,
		CacheControl: "no-store", Body: encoded[evidenceFile]{bundle.Encode()},
	}, nil
}

func exampleEvidence() evidenceFile {
	return evidenceFile{
		Format: evidence.BundleFormat, Program: "dossier 1.0.0", ExportedAt: stamp(exampleTime(9)),
		App: appWord(exampleStream().App), SessionID: string(exampleStream().Session),
		Rules: evidenceRules{RequiredServices: []string{"LIVENESS"}}, Session: exampleSession(),
		Events: []evidenceEvent{{
			Position: 12, EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", App: appWord(exampleStream().App),
			SessionID: string(exampleStream().Session), Version: 4, Type: "kyc.status_changed.v1",
			RecordedAt: exampleTime(5).UnixMicro(), Data: `{"from":"SUBMISSION_REQUIRED"}`, Metadata: `{}`, Proof: exampleProof().Proof,
		}},
		Machine: evidenceMachine{
			AutomaticServices: []string{"AML"},
			Moves:             []evidenceMove{{"submission", "PENDING_VERIFICATION", "APPROVED", "APPROVED"}},
		},
		Checkpoint: exampleProof().Checkpoint,
	}
}
