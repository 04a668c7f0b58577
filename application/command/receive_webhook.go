package command

import (
	"context"

	"dossier/application/eventlog"
	"dossier/domain/kyc"
)

// Webhook is one delivery of a provider's report.
type Webhook struct {
	App      kyc.App
	Session  kyc.SessionID
	Report   kyc.Report
	Delivery *eventlog.Delivery // nil if the relay named none
	Metadata eventlog.Metadata
}

// Receipt is the answer to a webhook.
type Receipt struct {
	Outcome  kyc.Outcome
	Position int64 // of the outcome's own event
	Version  int64 // of the outcome's own event
	Last     int64 // of the last event that the webhook brought along
}

// ReceiveWebhook records what a provider reported.
type ReceiveWebhook struct {
	log     eventlog.Appender
	machine *kyc.Machine
	rules   kyc.RuleBook
}

// NewReceiveWebhook returns the command over a log.
func NewReceiveWebhook(log eventlog.Appender, machine *kyc.Machine, rules kyc.RuleBook) ReceiveWebhook {
	return ReceiveWebhook{log, machine, rules}
}

// Handle decides the webhook on its session and appends the outcome. The
// errors are those of [eventlog.Appender].
func (c ReceiveWebhook) Handle(ctx context.Context, w Webhook) (Receipt, error) {
	decider := kyc.Decider{Machine: c.machine, Rules: c.rules.For(w.App)}
	var decision kyc.Decision
	appended, err := c.log.Append(ctx, eventlog.Request{
		Stream:   eventlog.Stream{App: w.App, Session: w.Session},
		Delivery: w.Delivery,
		Metadata: w.Metadata,
		Decide: func(h eventlog.Head) ([]kyc.Event, error) {
			if h.Conflict {
				decision = decider.Conflict(h.Session, w.Report)
			} else {
				decision = decider.Receive(h.Session, w.Report, h.Now)
			}
			return decision.Events, nil
		},
	})
	if err != nil {
		return Receipt{}, err
	}
	outcome := decision.Outcome
	if appended.Duplicate {
		outcome = kyc.Duplicate
	}
	return Receipt{outcome, appended.Position, appended.Version, appended.Last}, nil
}
