package httpapi

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/domain/kyc"
	"dossier/ports/problem"
)

// withReads are the problems of a call that asks a read model or the log.
func withReads(others ...problem.Problem) []problem.Problem { return append(others, staleReadModel) }

func notModified() map[string]*huma.Response {
	return map[string]*huma.Response{"304": {Description: "The session still has the tag of If-None-Match."}}
}

// The examples of the description, made by the code that makes the answers.

func exampleTime(minute int) time.Time {
	return time.Date(2026, time.January, 31, 12, minute, 0, 123456000, time.UTC)
}

func exampleStream() eventlog.Stream {
	return eventlog.Stream{App: kyc.DefaultApp, Session: "2ac3f7ab-3729-f968-3f55-aa47e881"}
}

func exampleSession() session {
	return sessionOf(projection.Session{
		Stream: exampleStream(), Kind: kyc.KindIndividual, Status: kyc.OverallPendingVerification,
		State: kyc.State{
			Version: 4, Position: 12, Cycle: 1, OpenedAt: exampleTime(0), UpdatedAt: exampleTime(5),
			Track: kyc.Track{Status: kyc.SubmissionRequired},
			Steps: []kyc.Track{{
				StepID: "1253242", Service: "PROOF_OF_ADDRESS", Status: kyc.PendingVerification,
				Submissions: 1, UpdatedAt: exampleTime(5),
			}},
			Flags: []kyc.Flag{{Position: 12}},
		},
	})
}

func exampleSessions() sessionPage { return sessionPage{Sessions: []session{exampleSession()}} }

func exampleEvents(next string) json.RawMessage {
	return encodePage[eventsPage]([]eventlog.Recorded{{
		Position: 12, EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", Stream: exampleStream(), Version: 4,
		Type:     "kyc.status_changed.v1",
		Data:     `{"step_id":"1253242","service":"PROOF_OF_ADDRESS","from":"SUBMISSION_REQUIRED","to":"PENDING_VERIFICATION"}`,
		Metadata: `{"delivery_id":"evt_1"}`, RecordedAt: exampleTime(5),
	}}, next, 12).text
}

func exampleFlags() flagPage {
	return flagPage{Flags: []flag{flagOf(projection.Flag{
		Position: 12, Stream: exampleStream(), StepID: "1253242", Service: "PROOF_OF_ADDRESS",
		Violation: kyc.Premature, Severity: kyc.SeverityMedium, From: kyc.SubmissionRequired,
		Attempted: kyc.Approved.String(), State: projection.FlagOpen, FlaggedAt: exampleTime(5),
	})}}
}
