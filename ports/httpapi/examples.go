package httpapi

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"dossier/application/eventlog"
	"dossier/application/projection"
	"dossier/application/query"
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
	return encodePage[eventsPage]([]eventlog.Recorded{exampleEvent()}, next, 12).text
}

func exampleEvent() eventlog.Recorded {
	return eventlog.Recorded{
		Position: 12, EventID: "019c13e5-2b40-7c11-9a3f-5d0c7e6b8a90", Stream: exampleStream(), Version: 4,
		Type:     "kyc.status_changed.v1",
		Data:     `{"step_id":"1253242","service":"PROOF_OF_ADDRESS","trigger":"PENDING_VERIFICATION","from":"SUBMISSION_REQUIRED","to":"PENDING_VERIFICATION","cause":"reported"}`,
		Metadata: `{"delivery_id":"evt_1"}`, RecordedAt: exampleTime(5),
	}
}

func exampleStreamed() string {
	return streamRetry + string(appendFrame(nil, exampleEvent())) + heartbeat + "\n"
}

func exampleFlags() flagPage {
	return flagPage{Flags: []flag{flagOf(projection.Flag{
		Position: 12, Stream: exampleStream(), StepID: "1253242", Service: "PROOF_OF_ADDRESS",
		Violation: kyc.Premature, Severity: kyc.SeverityMedium, From: kyc.SubmissionRequired,
		Attempted: kyc.Approved.String(), State: projection.FlagOpen, FlaggedAt: exampleTime(5),
	})}}
}

func exampleStats() stats {
	figures := query.Figures{
		Start: exampleTime(0).Truncate(24 * time.Hour), Opened: 12,
		Outcomes:    map[kyc.Outcome]int64{kyc.Applied: 36, kyc.Repeated: 2, kyc.Flagged: 1},
		Changes:     map[kyc.Cause]int64{kyc.CauseReported: 36, kyc.CauseHealed: 1},
		Resolutions: map[kyc.Resolution]int64{kyc.ResolvedHealed: 1},
		Flags:       []query.FlagCount{{Violation: kyc.Premature, Severity: kyc.SeverityMedium, Count: 1}},
		Services: []query.ServiceFigures{{
			Service: "ID_DOCUMENT", Started: 12,
			Statuses: map[kyc.Status]int64{kyc.PendingVerification: 18, kyc.ResubmissionRequired: 6, kyc.Approved: 13},
		}},
	}
	figures.Services[0].Decided.Add(projection.BinOf(4*time.Minute), 18)
	from := figures.Start.Unix() / 3600
	return statsOf(query.StatsFilter{App: kyc.DefaultApp, Bucket: projection.BucketDay, From: from, To: from + 24}, query.Stats{
		Totals: figures, Buckets: []query.Figures{figures}, OtherReasons: 2,
		TopReasons: []query.ReasonCount{{Service: "ID_DOCUMENT", Status: kyc.ResubmissionRequired, Reason: "DOCUMENT_BLURRY", Count: 4}},
	})
}
