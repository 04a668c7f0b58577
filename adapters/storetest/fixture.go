package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// stream names a stream.
func stream(app, session string) eventlog.Stream {
	return eventlog.Stream{App: kyc.App(app), Session: kyc.SessionID(session)}
}

// note is an event that says a text and changes no status.
func note(text string) kyc.Event { return kyc.WebhookDiscarded{Status: text} }

// text returns what a note says; empty for other events.
func text(e eventlog.Recorded) string {
	discarded, _ := e.Event.(kyc.WebhookDiscarded)
	return discarded.Status
}

// write is a request that appends notes.
func write(app, session string, texts ...string) eventlog.Request {
	events := make([]kyc.Event, len(texts))
	for i, t := range texts {
		events[i] = note(t)
	}
	return request(app, session, events...)
}

// request is one that appends events, whatever is there.
func request(app, session string, events ...kyc.Event) eventlog.Request {
	return decided(app, session, func(eventlog.Head) ([]kyc.Event, error) { return events, nil })
}

// decided is a request with a decision.
func decided(app, session string, decide eventlog.Decide) eventlog.Request {
	return eventlog.Request{Stream: stream(app, session), Decide: decide}
}

// delivered makes a request one that came with a delivery id and bytes.
func delivered(id, bytes string, r eventlog.Request) eventlog.Request {
	r.Delivery = &eventlog.Delivery{ID: id, SHA256: sha256.Sum256([]byte(bytes))}
	r.Metadata.DeliveryID = id
	return r
}

// toFold gives the log so many events that a read model can be said to have folded
// them: none may be ahead of the log.
func toFold(ctx context.Context, log eventlog.Appender) error {
	return appendAll(ctx, log, write("default", "to fold", make([]string, 60)...))
}

// appendAll appends requests one after the other.
func appendAll(ctx context.Context, log eventlog.Appender, requests ...eventlog.Request) error {
	for i, r := range requests {
		if _, err := log.Append(ctx, r); err != nil {
			return fmt.Errorf("append %d of %d: %w", i+1, len(requests), err)
		}
	}
	return nil
}

// approval is a report that a fresh session holds as premature: a flag.
func approval() kyc.Report {
	return kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportApproved, Attempt: 1}
}

// submission is the report that heals it when it comes late.
func submission() kyc.Report {
	return kyc.Report{StepID: "1", Service: "LIVENESS", Trigger: kyc.ReportPendingVerification, Attempt: 2}
}

// receive is a request that decides a report as the service would.
func receive(app, session string, report kyc.Report) eventlog.Request {
	decider := kyc.Decider{Machine: kyc.NewMachine()}
	return decided(app, session, func(h eventlog.Head) ([]kyc.Event, error) {
		if h.Conflict {
			return decider.Conflict(h.Session, report).Events, nil
		}
		return decider.Receive(h.Session, report, h.Now).Events, nil
	})
}
